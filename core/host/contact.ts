import type { WorkspaceStatus } from '../contract/workspace.ts';
import { isConnectionLoss } from '../postgres/connection-loss.ts';
import { WorkspaceError } from '../postgres/embedded/error.ts';
import { DisabledError, isEngine } from '../postgres/roles/login.ts';
import { serverOf } from '../sync/postgres/server.ts';
import { type Server, ServerFailure } from '../sync/ports.ts';
import { type Failure, failureOf, isLockedOut } from './failures.ts';
import { readReadyStatus } from './ready-status.ts';
import { type Session, type SessionOptions, startSession } from './session.ts';
import { watch, type Watch } from './watch.ts';
import { within } from './within.ts';

export type Ready = Extract<WorkspaceStatus, { state: 'ready' }>;

/** The workspace behind the cache: it comes and goes, and the window stays. */
export type Contact = {
  /** A server to sync with; opens the workspace where none is open. Rejects with a ServerFailure. */
  readonly server: () => Promise<Server>;
  /** The workspace while one is open. */
  readonly session: () => Session | null;
  /** What was asked of the open session says; rejects as soon as that is let go of: a silent network answers nothing ever. */
  readonly whileOpen: <Result>(asked: Promise<Result>) => Promise<Result>;
  /** Why the last try to open it failed; null after one that did not. */
  readonly failure: () => Failure | null;
  /** Whether it is being opened, which may take minutes: a first fill does. */
  readonly isOpening: () => boolean;
  /** Tells `onReady` again: a role may change while a contact lasts. One that scores now, or does no more, is opened anew. */
  readonly readAgain: () => Promise<void>;
  /** Lets go of what is open: the next `server` opens anew, and starts an embedded server that died. */
  readonly drop: () => void;
  /** Ends a first fill in the middle, and closes what is open. */
  readonly close: () => Promise<void>;
};

export type ContactOptions = Omit<SessionOptions, 'signal'> & {
  readonly onReady: (status: Ready) => void;
  /** It ended while nobody asked it anything. */
  readonly onLost: () => void;
  readonly log: (line: string) => void;
};

type Open = {
  readonly session: Session;
  readonly server: Server;
  readonly watch: Watch | null;
  readonly calls: Set<() => void>;
  isOver: boolean;
};

/** A server that does not answer must not keep a host from closing. */
const CLOSE_WITHIN_MS = 5_000;

export function contactWith(options: ContactOptions): Contact {
  const stop = new AbortController();
  const closing = new Set<Promise<unknown>>();
  let open: Open | null = null;
  let opening: Promise<Open> | null = null;
  let failure: Failure | null = null;

  async function begin(): Promise<Open> {
    // One after the other: an embedded server is stopped by whoever used it last.
    await within(CLOSE_WITHIN_MS, Promise.all(closing));
    stop.signal.throwIfAborted();
    const session = await startSession({ ...options, signal: stop.signal });
    try {
      const ready = await readReadyStatus(session);
      stop.signal.throwIfAborted();
      const fresh: Open = {
        session,
        server: untilOver(serverOf(session.pool), () => fresh.isOver, drop),
        watch: isEngine(session.role)
          ? watch(session, {
              log: options.log,
              onLost: () => {
                if (fresh.isOver) return;
                drop();
                options.onLost();
              },
            })
          : null,
        calls: new Set(),
        isOver: false,
      };
      open = fresh;
      failure = null;
      options.onReady(ready);
      return fresh;
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
  }

  function drop(): void {
    if (open === null) return;
    const { session, watch: watched, calls } = open;
    open.isOver = true;
    open = null;
    for (const end of calls) end();
    const closed = (async () => {
      await watched?.stop();
      await session.close();
    })()
      .catch((error: unknown) => options.log(`closing the workspace: ${failureOf(error, options).message}`))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  function whileOpen<Result>(asked: Promise<Result>): Promise<Result> {
    const own = open;
    // Of what is cut off nobody hears how it failed.
    asked.catch(() => undefined);
    if (own === null) return Promise.reject(lost());
    return new Promise((resolve, reject) => {
      const end = (): void => reject(lost());
      own.calls.add(end);
      void asked.then(resolve, reject).finally(() => own.calls.delete(end));
    });
  }

  async function readAgain(): Promise<void> {
    const before = open;
    if (before === null) return;
    const ready = await readReadyStatus(before.session);
    if (open !== before) return;
    if (isEngine(ready.role) === isEngine(before.session.role)) options.onReady(ready);
    else {
      drop();
      options.onLost();
    }
  }

  return {
    readAgain,
    async server() {
      if (open !== null) return open.server;
      try {
        // Whoever gave up waiting and asks again waits for the same.
        opening ??= begin().finally(() => (opening = null));
        return (await opening).server;
      } catch (error) {
        const known = failureOf(error, options);
        if (!stop.signal.aborted) {
          if (known.message !== failure?.message) {
            options.log(`no contact: ${known.message}${known.detail === null ? '' : ` (${known.detail})`}`);
          }
          failure = known;
        }
        throw new ServerFailure(kindOf(error), known.message);
      }
    },
    session: () => open?.session ?? null,
    whileOpen,
    failure: () => failure,
    isOpening: () => opening !== null,
    drop,
    async close() {
      stop.abort();
      const opened = Promise.resolve(opening).catch(() => undefined);
      // An embedded server is not left half started; one that says nothing is not waited for, and is let go of where it answers yet.
      await (options.databaseUrl === undefined ? opened : within(CLOSE_WITHIN_MS, opened));
      drop();
      await within(CLOSE_WITHIN_MS, Promise.all(closing));
    },
  };
}

const lost = (): ServerFailure => new ServerFailure('link', 'The connection to the server was lost.');

/** What was dropped is gone, whoever still holds it: its pool may be ended in the middle of a call. */
function untilOver(server: Server, isOver: () => boolean, drop: () => void): Server {
  async function asked<Value>(call: () => Promise<Value>): Promise<Value> {
    if (isOver()) throw lost();
    try {
      return await call();
    } catch (error) {
      if (isOver()) throw lost();
      // That an account is gone is said by a new connection alone, which looks twice: what follows on it cannot be taken back.
      if (error instanceof ServerFailure && error.kind === 'account') {
        throw new ServerFailure('link', error.message, error.isWithoutEffect);
      }
      if (!(error instanceof ServerFailure) || error.kind !== 'link') throw error;
      throw new ServerFailure('link', `The connection to the server was lost (${error.message.replace(/\.$/, '')}).`);
    }
  }
  return {
    hello: async () => {
      try {
        return await asked(() => server.hello());
      } catch (error) {
        // Contact begins with it: an embedded server that died is started again by opening anew.
        if (!isOver()) drop();
        throw error;
      }
    },
    pull: (since, onPage) => asked(() => server.pull(since, onPage)),
    facts: (itemIds) => asked(() => server.facts(itemIds)),
    known: (sent) => asked(() => server.known(sent)),
    push: (operations) => asked(() => server.push(operations)),
    reference: () => asked(() => server.reference()),
    onHint: (hint) => server.onHint(hint),
  };
}

function kindOf(error: unknown): ServerFailure['kind'] {
  if (error instanceof ServerFailure) return error.kind;
  // No role, or none that the server knows, may be a restore under way: only what says `disabled` takes the copy away.
  if (error instanceof DisabledError || isLockedOut(error)) return 'account';
  const passes = isConnectionLoss(error) || (error instanceof WorkspaceError && error.code === 'busy');
  return passes ? 'link' : 'refused';
}
