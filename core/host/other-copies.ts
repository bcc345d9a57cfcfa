import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Cache, type CacheOptions, openCache } from '../cache/cache.ts';
import { CacheError } from '../cache/error.ts';
import { layoutOf, wipeCache } from '../cache/folder.ts';
import { readOwner } from '../cache/owner.ts';
import type { OtherCopy } from '../contract/sync.ts';
import { counted } from '../domain/counted.ts';
import type { Position } from '../sync/ports.ts';
import { isOneLine } from '../sync/postgres/epoch.ts';
import type { AskForKey } from './key.ts';
import { cachesFolder } from './place.ts';

/** The server of this moment, and the cache that belongs to it. */
export type Meeting = {
  /** `identity.ts`. */
  readonly server: string;
  readonly here: Cache;
  /** Whether the server has in its log what a cache with this cursor was told last: one that was copied from another has the same identity. */
  readonly knows: (cursor: string) => Promise<boolean>;
  /** Before operations come in that are of another history than the cache, or that alone tell which it is (`adopting.ts`): versions are of one. */
  readonly leaveEpoch: (witness: Position | null) => void;
  /** Operations that came in. */
  readonly adopted: (ids: readonly string[]) => void;
};

/** The other caches of this data folder: the same login on the same server is found by another spelling of its address. */
export type OtherCopies = {
  /** All that no other program has open, as they were looked at last. */
  list(): readonly OtherCopy[];
  /** Whether the last look with a meeting left something that may be free later: behind what waits here, or open in another program. */
  isLeft(): boolean;
  /**
   * Looks through them. With a meeting, what is of the same login on the same server is taken over, and its copy removed when nothing is
   * left in it; all else stays. Resolves when it is done; one look at a time.
   */
  look(meeting: Meeting | null): Promise<void>;
  /** Removes one with all that is in it. Throws a CacheError where a program has it open. */
  remove(copy: string): Promise<void>;
  /** Looks at no further one. Resolves when none is open. */
  close(): Promise<void>;
};

export type OtherCopiesOptions = {
  readonly home: string;
  /** The folder of the cache that this host has. */
  readonly own: () => string;
  readonly key: AskForKey;
  readonly log: (line: string) => void;
};

const COPY = /^[0-9a-f]{16}$/;
const ANOTHER_HISTORY =
  'The server that answers now does not have what this copy was told: it is a copy of that server, or was set back.';
const NEVER_TOLD =
  'It was never filled, so that nothing shows whether the server that answers now is its own. It is sent where Umpire is started with its address.';
const WAITS_HERE = 'It is taken over when what waits here about the same cases is sent.';

/** Opens one copy for as long as the work takes, and no longer. */
type Opened = <Value>(work: (there: Cache) => Value) => Value;

function withCache<Value>(options: CacheOptions, work: (there: Cache) => Value): Value {
  const there = openCache(options);
  try {
    return work(there);
  } finally {
    there.close();
  }
}

export function otherCopies({ home, own, key, log }: OtherCopiesOptions): OtherCopies {
  let found: readonly OtherCopy[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let isLeft = false;
  let isClosed = false;

  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  const folderOf = (copy: string): string => join(cachesFolder(home), copy);

  function names(): string[] {
    if (!existsSync(cachesFolder(home))) return [];
    const mine = basename(own());
    return readdirSync(cachesFolder(home))
      .filter((name) => COPY.test(name) && name !== mine && existsSync(layoutOf(folderOf(name)).file))
      .toSorted();
  }

  /** Null where it is taken over as a whole, or another program has it. */
  async function lookAt(copy: string, meeting: Meeting | null): Promise<OtherCopy | null> {
    const folder = folderOf(copy);
    const owner = readOwner(layoutOf(folder));
    const told = { copy, address: owner?.address ?? null, login: owner?.login ?? null };
    const unread = (why: string): OtherCopy => ({ ...told, undelivered: null, unsettled: null, why });
    const had = await key(copy, false);
    if (had.state === 'lost') return unread(had.message);
    const opened: Opened = (work) => withCache({ folder, key: had.hex }, work);
    const isMet = meeting !== null && owner?.server === meeting.server;
    try {
      const why = isMet ? await meet(opened, meeting) : null;
      isLeft ||= why === WAITS_HERE;
      if (isClosed || !existsSync(layoutOf(folder).file)) return null;
      const { undelivered, unsettled } = opened((there) => there.settings());
      return { ...told, undelivered, unsettled, why };
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      if (error.code !== 'in_use') return unread(error.message);
      isLeft ||= isMet;
      return null;
    }
  }

  /**
   * Takes over what the server of this moment is to have. Why something is left, in words; null where nothing is, and where it was closed
   * meanwhile. Never open while the server is asked: whoever starts with it meanwhile must find it free.
   */
  async function meet(opened: Opened, meeting: Meeting): Promise<string | null> {
    const { witness, isEmpty } = opened((there) => ({
      witness: there.witness(),
      isEmpty: there.operations().length === 0,
    }));
    if (witness === null && !isEmpty) return NEVER_TOLD;
    if (witness !== null && !(await meeting.knows(witness.cursor))) return ANOTHER_HISTORY;
    return isClosed || opened((there) => takeOver(there, meeting)) ? null : WAITS_HERE;
  }

  /**
   * Copied first and let go of then: cut off anywhere in between they are in both, and a key has its effect once. Whether nothing is left
   * there; the copy is removed by then.
   */
  function takeOver(there: Cache, { here, leaveEpoch, adopted }: Meeting): boolean {
    const operations = there.operations();
    // Only for what comes in: it ends the contact, and the next one meets what is left there again.
    if (here.takeable(operations).length > 0) {
      const [ours, theirs] = [here.witness(), there.witness()];
      if (ours === null) leaveEpoch(theirs);
      else if (theirs === null || !isOneLine(ours.epoch, theirs.epoch)) leaveEpoch(null);
    }
    const ids = here.adopt(operations);
    const left = there.letGo(ids);
    if (left === 0) there.remove();
    if (ids.length > 0 || left === 0)
      log(`${counted(ids.length, 'operation')} of another copy of this login taken over; ${left} left there`);
    if (ids.length > 0) adopted(ids);
    return left === 0;
  }

  return {
    list: () => found,
    isLeft: () => isLeft,
    look: (meeting) =>
      inTurn(async () => {
        if (meeting !== null) isLeft = false;
        const next: OtherCopy[] = [];
        for (const copy of names()) {
          if (isClosed) return;
          const other = await lookAt(copy, meeting);
          if (other !== null) next.push(other);
        }
        found = next;
      }),
    remove: (copy) =>
      inTurn(async () => {
        if (copy === basename(own())) throw new Error('the copy in use is removed by `wipe`');
        wipeCache(folderOf(copy));
        found = found.filter((other) => other.copy !== copy);
        log('another copy was removed, as it was asked for');
      }),
    async close() {
      isClosed = true;
      await turn;
    },
  };
}
