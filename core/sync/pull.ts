import { StoreFailure, stored } from './failure.ts';
import type { Watched } from './limit.ts';
import { type Hello, type PullEnd, type PullPage, type Server, ServerFailure, type SyncStore } from './ports.ts';

export type PullNeeds = {
  readonly store: SyncStore;
  readonly server: Server;
  readonly hello: Hello;
  /** Items so far while everything is fetched. */
  readonly progress: (done: number, total: number | null) => void;
};

export type Pulled = {
  readonly end: PullEnd;
  /** Heads came or went, or evidence with who was erased. */
  readonly changed: boolean;
};

/**
 * One pull from its beginning to its end. The last page goes to the store together with the cursor: until then the cursor is the old
 * one, and what this pull brings is brought again.
 */
export async function pullOnce({ store, server, hello, progress }: PullNeeds, watched: Watched): Promise<Pulled> {
  const isWhole = stored(() => store.position())?.epoch !== hello.epoch;
  // Whether versions are still good is told by the history that they are of, also where everything is read anew.
  const witness = stored(() => store.witness());
  const since = witness === null ? null : { ...witness, everything: isWhole };
  const pull = stored(() => store.beginPull());
  let held: PullPage | null = null;
  let changed = false;
  if (isWhole) progress(0, null);
  let failure: StoreFailure | null = null;
  const take = async (page: PullPage): Promise<void> => {
    // A pull that was given up goes on somewhere: nothing of it is taken, and the server may stop.
    if (watched.isOver()) throw new ServerFailure('link', 'This pull was given up.');
    watched.renew();
    if (page.heads.length > 0 || page.gone.length > 0) changed = true;
    const ready = held;
    held = page;
    if (ready !== null) stored(() => store.putPage(pull, ready));
    if (isWhole) progress(page.done, page.total);
  };
  const end = await server
    .pull(since, (page) =>
      take(page).catch((error: unknown) => {
        if (error instanceof StoreFailure) failure = error;
        throw error;
      }),
    )
    // The server's code may make something of its own of what a page ran into.
    .catch((error: unknown) => {
      throw failure ?? error;
    });
  if (watched.isOver()) throw new ServerFailure('link', 'This pull was given up.');
  stored(() => store.endPull(pull, end, held));
  return { end, changed: changed || end.full || end.erased.length > 0 };
}
