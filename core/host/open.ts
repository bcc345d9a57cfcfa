import { basename } from 'node:path';
import { type Cache, openCache } from '../cache/cache.ts';
import { CacheError } from '../cache/error.ts';
import { wipeCache } from '../cache/folder.ts';
import type { CacheKey } from '../contract/host.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import type { Notice } from '../contract/notices.ts';
import type { WorkspaceStatus } from '../contract/workspace.ts';
import { bulkHandlers } from './bulk-handlers.ts';
import { decisionsOfLastHour } from './decisions-of-last-hour.ts';
import { CallFailure } from './failure.ts';
import { failureOf } from './failures.ts';
import { type HandlerNeeds, hostHandlers } from './handlers.ts';
import type { AskForKey } from './key.ts';
import { otherCopies } from './other-copies.ts';
import { owning } from './owning.ts';
import { cacheFolder } from './place.ts';
import { COPY_REMOVED, keptWords, type Left, lossRefusal, removedWords } from './removal-words.ts';
import { openStation, type Station } from './station.ts';
import { useSession } from './use-session.ts';
import { within } from './within.ts';

export type Host = {
  readonly handlers: MethodHandlers;
  subscribe(listener: (notice: Notice) => void): () => void;
  close(): Promise<void>;
};

export type HostOptions = {
  /** The data folder. */
  readonly home: string;
  /** The server to use; without one it is the embedded workspace. */
  readonly databaseUrl?: string;
  /** How many referrals an empty embedded workspace is filled with; 0 leaves it empty. */
  readonly demoReferrals: number;
  readonly key: AskForKey;
  /** This computer's clock, which may be days off; the usual one where none is given. */
  readonly clock?: () => Date;
  readonly log: (line: string) => void;
};

/** What stands between the person and the cache; what a removal of the cache needs to know. */
type Blocked = {
  /** Another program works with it: it is not ours to remove. */
  readonly isInUse: boolean;
  /** It can be read again by no key but a new one. */
  readonly isKeyLost: boolean;
  /** Decisions in it that no server has taken or nobody has settled; null where nobody knows. */
  readonly unsettled: number | null;
  readonly message: string;
};

/**
 * Opens the host and returns at once; where it stands is told by `workspace` notices. At most one station is open at a time: another
 * begins when everything of the one before it is closed.
 */
export function openHost(options: HostOptions): Host {
  const { log, clock = () => new Date() } = options;
  const listeners = new Set<(notice: Notice) => void>();
  const notify = (notice: Notice): void => listeners.forEach((listener) => listener(notice));
  let status: WorkspaceStatus = { state: 'starting', step: 'Starting', done: null, total: null };
  const become = (next: WorkspaceStatus): void => {
    status = next;
    notify({ kind: 'workspace', status });
  };
  const starting = (step: string, done: number | null = null, total: number | null = null): void =>
    become({ state: 'starting', step, done, total });
  const fail = (message: string, detail: string | null, removal: { lost: number | null } | null = null): void => {
    log(`workspace failed: ${message}${detail === null ? '' : ` (${detail})`}`);
    become({ state: 'failed', message, detail, ...(removal === null ? {} : { removal }) });
  };

  let closed = false;
  let station: Station | null = null;
  let blocked: Blocked | null = null;
  /** The copy went because somebody asked for it, and there is none again: whoever gives the computer away is told as long. */
  let isRemoved = false;
  /** Where the key of the cache lies. */
  let keyPlace: Extract<CacheKey, { state: 'had' }>['place'] = 'file';
  /** Openings and closings, one after the other. */
  let turn: Promise<void> = Promise.resolve();

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work).catch((error: unknown) => {
      const failure = failureOf(error, options);
      fail(failure.message, failure.detail);
    });
    return turn;
  };

  async function begin(renewKey = false): Promise<void> {
    if (closed || station !== null) return;
    blocked = null;
    const key = await options.key(basename(folder()), renewKey);
    if (closed) return;
    if (key.state === 'lost') {
      blocked = { isInUse: false, isKeyLost: true, unsettled: null, message: key.message };
      return fail(key.message, null, { lost: null });
    }
    keyPlace = key.place;
    try {
      station = stationWith(openCache({ folder: folder(), key: key.hex }));
      owner.opened();
      const ready = station.ready();
      if (ready !== null) become(ready);
    } catch (error) {
      const { message, detail } = failureOf(error, options);
      const isInUse = error instanceof CacheError && error.code === 'in_use';
      blocked = { isInUse, isKeyLost: false, unsettled: null, message };
      // What a newer Umpire wrote, or another program has open, is left alone.
      const isUnreadable = error instanceof CacheError && error.code === 'unreadable';
      fail(message, detail, isUnreadable ? { lost: null } : null);
    }
  }

  const folder = (): string => cacheFolder(options.home, options.databaseUrl);
  const copies = otherCopies({ home: options.home, own: folder, key: options.key, log });
  const owner = owning({ ...options, folder, copies, wordsOf: (error) => failureOf(error, options).message });

  function stationWith(cache: Cache): Station {
    const own: Station = openStation({
      ...options,
      cache,
      clock,
      onStep: (step, done, total) => starting(step, done, total),
      onFilling: (done, total) => starting('Fetching the queue', done, total),
      onReady: (ready) => {
        isRemoved = false;
        become(ready);
      },
      onEmpty: ({ message: why, detail }) => {
        const message = isRemoved ? `${COPY_REMOVED} ${why}` : why;
        if (status.state !== 'failed' || status.message !== message) fail(message, detail);
      },
      onSync: (sync) => notify({ kind: 'sync', status: sync }),
      onOutbox: (rows) => notify({ kind: 'outbox', rows: [...rows] }),
      onQueue: () => notify({ kind: 'queue' }),
      onAccountLost: (message) => void inTurn(() => loseAccount(own, message)),
      onMet: (session) => owner.met(own, session, () => station === own),
      onAgain: (session) => owner.again(own, session, () => station === own),
    });
    return own;
  }

  /** Ends the contact and closes the cache. */
  async function shut(): Promise<void> {
    await bulk.stop();
    const own = station;
    station = null;
    await own?.close();
  }

  /**
   * The account is disabled: what it may not see goes from this computer (SPEC 5). What was decided and is not over stays sealed: it is
   * sent, or told, when the account is enabled again.
   */
  async function loseAccount(own: Station, message: string): Promise<void> {
    if (station !== own) return;
    const wasFilled = own.ready() !== null;
    const left = own.cache.counts();
    const isOver = left.waiting + left.troubled + left.awaitingSecond === 0;
    if (!isOver) own.cache.keepNotOver();
    await shut();
    if (isOver) wipeCache(folder());
    log(`the account is disabled: the cache was removed; ${keptWords(left).join(', ') || 'nothing'} kept`);
    const told = isRemoved ? `${COPY_REMOVED} ${message}` : message;
    const words = wasFilled || !isOver ? `${message} ${removedWords(left)}` : told;
    blocked = { isInUse: false, isKeyLost: false, unsettled: unsettledOf(left), message: words };
    fail(words, null, isOver ? null : { lost: unsettledOf(left) });
  }

  async function wipe(evenUndelivered: boolean): Promise<void> {
    const isKeyLost = blocked?.isKeyLost === true;
    if (station === null && blocked === null) throw new CallFailure('unavailable', unavailable());
    if (blocked?.isInUse === true) throw new CallFailure('refused', blocked.message);
    const lost = station === null ? (blocked?.unsettled ?? null) : unsettledOf(station.cache.counts());
    const refusal = evenUndelivered ? null : lossRefusal(lost);
    if (refusal !== null) throw new CallFailure('refused', refusal);
    await inTurn(async () => {
      starting('Removing the copy from this computer');
      await shut();
      wipeCache(folder());
      isRemoved = true;
      log('the cache was removed, as it was asked for');
      await begin(isKeyLost);
    });
  }

  async function retry(): Promise<void> {
    if (closed) return;
    if (station === null) {
      starting('Starting');
      await inTurn(() => begin());
      return;
    }
    if (status.state === 'failed') starting('Connecting');
    station.sync.now();
  }

  async function statusNow(): Promise<WorkspaceStatus> {
    if (status.state !== 'ready' || station === null) return status;
    // The decisions of the last hour change with the clock; everything else stays as it was told.
    return { ...status, decisionsLastHour: await decisionsOfLastHour(station, clock()) };
  }

  /** The open station, once there is a queue to show. */
  function opened(): Station {
    if (station === null || status.state !== 'ready') throw new CallFailure('unavailable', unavailable());
    return station;
  }

  const use: HandlerNeeds['use'] = async (work) => useSession(opened(), work);

  function unavailable(): string {
    return status.state === 'failed' ? status.message : 'The workspace is still starting.';
  }

  const bulk = bulkHandlers({
    use,
    changed: () => station?.sync.now(),
    told: (session) => notify({ kind: 'bulk', session }),
    log,
  });
  void inTurn(() => begin());

  return {
    handlers: hostHandlers({
      use,
      opened,
      bulk: bulk.handlers,
      status: statusNow,
      retry,
      wipe,
      keyPlace: () => keyPlace,
      copies,
      ready: () => {
        if (status.state !== 'ready') throw new CallFailure('unavailable', unavailable());
        return status;
      },
      mayDecide: () => {
        if (status.state === 'ready' && !status.may.decide) {
          throw new CallFailure('refused', 'The role of this login does not allow that.');
        }
      },
      now: clock,
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await bulk.stop();
      // An opening that waits for what never comes is not waited for.
      await Promise.all([station?.close(), within(CLOSE_WITHIN_MS, Promise.all([turn, copies.close()]))]);
    },
  };
}

/** What no server has taken or nobody has settled. */
const unsettledOf = ({ waiting, troubled }: Left): number => waiting + troubled;

/** What goes on in turn ends by itself, but for a key that nobody gives. */
const CLOSE_WITHIN_MS = 1000;
