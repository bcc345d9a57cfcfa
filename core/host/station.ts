import type { Cache } from '../cache/cache.ts';
import type { OutboxRow, SyncStatus } from '../contract/sync.ts';
import { workspaceStatus } from '../contract/workspace.ts';
import type { Link } from '../sync/link.ts';
import { startSync } from '../sync/start-sync.ts';
import type { Sync } from '../sync/sync.ts';
import { coalesced } from './coalesced.ts';
import { type Contact, type ContactOptions, contactWith, type Ready } from './contact.ts';
import type { Failure } from './failures.ts';
import { type Patience, patienceWith } from './patience.ts';
import { serverClock } from './server-clock.ts';
import type { Session } from './session.ts';

/** One analyst's cache, and its contact with the server. The cache stays open while the contact comes and goes. */
export type Station = {
  readonly cache: Cache;
  readonly contact: Contact;
  readonly sync: Sync;
  readonly patience: Patience;
  /** The server's time, off-line too: by it undos, claims and due times are over or not. */
  readonly serverNow: () => Date;
  /** The workspace as it was told last; null until there is a queue to show. */
  readonly ready: () => Ready | null;
  readonly syncStatus: () => SyncStatus;
  /** What became of rows of the outbox by the person's own hand. */
  readonly toldOutbox: (ids: readonly string[]) => void;
  /** The counts of `syncStatus` changed. */
  readonly toldSync: () => void;
  /** Something that the queue shows changed. */
  readonly changed: () => void;
  /** Closes the cache last: whatever the contact still does is in it. */
  readonly close: () => Promise<void>;
};

export type StationOptions = Omit<ContactOptions, 'onReady' | 'onLost'> & {
  readonly cache: Cache;
  /** This computer's: what it says is shown. */
  readonly clock: () => Date;
  /** The workspace as it is now: when the first items are there, and after each contact. */
  readonly onReady: (status: Ready) => void;
  /** There is nothing to show: the cache was never filled, and this is why it cannot be filled now. */
  readonly onEmpty: (failure: Failure) => void;
  /** While the cache is filled for the first time. */
  readonly onFilling: (done: number, total: number | null) => void;
  readonly onSync: (status: SyncStatus) => void;
  readonly onOutbox: (rows: readonly OutboxRow[]) => void;
  readonly onQueue: () => void;
  readonly onAccountLost: (message: string) => void;
  /** The first pull of a contact is complete: the cache is of the server's epoch. */
  readonly onMet: (session: Session) => void;
  /** Later in that contact: rows of the outbox changed, or a minute has passed. */
  readonly onAgain: (session: Session) => void;
};

const STATUS = 'status';
const PULLED_AT = 'pulledAt';
/** Notices of one kind come no closer together. */
const NOTICE_EVERY_MS = 200;

/** What other copies were left with is looked at no more often than this where rows changed, and this often where none did. */
const AGAIN_EVERY_MS = 1_000;
const AGAIN_AFTER_MS = 60_000;

/** Rows of one notice: a message as large as a bulk session would hold all others up. */
const MOST_ROWS = 500;

/** Returns at once: ready from the cache where it was ever filled, otherwise when the first items are there. */
export function openStation(options: StationOptions): Station {
  const { cache, clock, log } = options;
  const time = serverClock(clock, { recall: (name) => cache.recall(name), remember });
  let ready = rememberedStatus(cache);
  /** Whether there is a queue to show: until the first items of the first pull there is none. */
  let isFilled = ready !== null && hasQueue();

  let wasOnline = false;
  let met: Session | null = null;

  const patience = patienceWith(() => void sync.probe().then((isThere) => isThere && patience.answered()));
  const queue = coalesced(NOTICE_EVERY_MS, options.onQueue);
  const status = coalesced(NOTICE_EVERY_MS, () => options.onSync(syncStatus()));
  let againAt = performance.now();
  let rememberAt = 0;
  const again = coalesced(AGAIN_EVERY_MS, () => {
    const session = contact.session();
    if (session === null || session !== met) return;
    againAt = performance.now();
    options.onAgain(session);
  });
  const contact = contactWith({
    ...options,
    onStep: (step, done, total) => {
      if (!isFilled) options.onStep(step, done, total);
    },
    onReady: (told) => {
      patience.answered();
      if (ready !== null && ready.role !== told.role) kept(() => cache.doubtEvidence());
      ready = told;
      remember(STATUS, JSON.stringify(told));
      if (isFilled) options.onReady(told);
      queue.soon();
      // A first fill takes longer than sync waits for it.
      sync.now();
    },
    onLost: () => sync.now(),
  });
  const sync: Sync = startSync({
    server: contact.server,
    store: cache,
    clock,
    pulledAt: cache.recall(PULLED_AT),
    onStatus: (link) => {
      // Only what was lost is let go of: what is opened while sync rests is for its next try.
      if (link.link === 'offline' && wasOnline) {
        contact.drop();
        rememberPulled(link);
      }
      wasOnline = link.link === 'online';
      if (!isFilled) fill(link);
      status.soon();
    },
    onOutbox: toldOutbox,
    onPulled: ({ changed, role, at }) => {
      time.learn(at);
      patience.answered();
      show();
      if (changed) queue.soon();
      status.soon();
      rememberNow();
      const session = contact.session();
      if (session !== null && session !== met) options.onMet((met = session));
      else if (performance.now() - againAt > AGAIN_AFTER_MS) again.soon();
      // Whatever is wrong with it, the next pull asks again.
      if (role !== null && ready !== null && role !== ready.role) contact.readAgain().catch(() => undefined);
    },
    onAccountLost: options.onAccountLost,
    log,
  });

  /** A pull that was cut off leaves no position, and what was there before it. */
  function hasQueue(): boolean {
    return cache.position() !== null || cache.settings().items > 0;
  }

  /** What is only remembered for the next start must not end what goes on now. */
  function remember(name: string, text: string): void {
    kept(() => cache.remember(name, text));
  }

  function kept(write: () => void): void {
    try {
      write();
    } catch (error) {
      log(`cache: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** A program that is killed remembers it too, by the minute: not every pull is worth a write. */
  function rememberNow(): void {
    if (performance.now() < rememberAt) return;
    rememberAt = performance.now() + 60_000;
    rememberPulled(sync.status());
  }

  function rememberPulled({ pulledAt }: Link): void {
    if (pulledAt !== null) remember(PULLED_AT, pulledAt);
  }

  function show(): void {
    if (isFilled || ready === null) return;
    isFilled = true;
    options.onReady(ready);
  }

  function fill({ link, pulling, reason }: Link): void {
    if (pulling !== null) {
      options.onFilling(pulling.done, pulling.total);
      if (hasQueue()) show();
    } else if (link === 'offline' && !contact.isOpening() && contact.session() === null) {
      options.onEmpty(contact.failure() ?? { message: reason ?? 'There is no contact with the server.', detail: null });
    } else if (link === 'online' && reason !== null) {
      // There is contact, and the cache cannot take what comes: a full disk.
      options.onEmpty({ message: reason, detail: null });
    }
  }

  function syncStatus(): SyncStatus {
    return { ...sync.status(), ...cache.counts(), clockAhead: time.ahead() };
  }

  function toldOutbox(ids: readonly string[]): void {
    const rows = [...ids, ...cache.unsettledBy(ids)].flatMap((id) => {
      const outgoing = cache.outgoing(id);
      return outgoing === null ? [] : [cache.rowOf(outgoing)];
    });
    for (let first = 0; first < rows.length; first += MOST_ROWS) options.onOutbox(rows.slice(first, first + MOST_ROWS));
    queue.soon();
    status.soon();
    again.soon();
  }

  async function close(): Promise<void> {
    queue.stop();
    status.stop();
    again.stop();
    await Promise.all([contact.close(), sync.stop()]);
    rememberPulled(sync.status());
    cache.close();
  }
  let closing: Promise<void> | null = null;

  return {
    cache,
    contact,
    sync,
    patience,
    serverNow: time.now,
    ready: () => (isFilled ? ready : null),
    syncStatus,
    toldOutbox,
    toldSync: status.soon,
    changed: queue.soon,
    close: () => (closing ??= close()),
  };
}

function rememberedStatus(cache: Cache): Ready | null {
  const text = cache.recall(STATUS);
  if (text === null) return null;
  // What an earlier release remembered may lack what this one shows: then the first contact tells.
  const read = workspaceStatus.safeParse(JSON.parse(text));
  return read.data?.state === 'ready' ? read.data : null;
}
