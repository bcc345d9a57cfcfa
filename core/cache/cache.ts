import type Database from 'better-sqlite3';
import type { Head, LiveClaim, Outgoing, SyncStore } from '../sync/ports.ts';
import { type AdoptSide, adoptSide } from './adopting.ts';
import { type FactsSide, factsSide } from './facts.ts';
import { type Layout, layoutOf, type Lock, removeFiles, takeFolder } from './folder.ts';
import { headOf, headRow } from './head-row.ts';
import { type PullSide, pullSide } from './heads.ts';
import { keepNotOver } from './keeping-outbox.ts';
import { openFile } from './open-file.ts';
import { type OutboxSide, outboxSide } from './outbox.ts';
import { type Undelivered, undeliveredOn } from './overlay.ts';
import { type OutboxReads, outboxReads } from './outbox-reads.ts';
import { type QueueReads, queueReads } from './queue.ts';
import { sendSide } from './sending.ts';
import { type SettingsSide, settingsSide } from './settings.ts';
import { type Store, storeOf } from './store.ts';
import { verifySide } from './verifying.ts';

/** A case as the cache has it. */
export type CachedCase = {
  /** As the server had it: one's own undelivered decision is in `outgoing`. */
  readonly head: Head;
  /** The version that the head's status is of: what answered one's own decision is younger than the row until a pull brings that. */
  readonly statusVersion: number;
  readonly facts: string | null;
  /** When they were read, by the server's clock. */
  readonly readAt: string | null;
  /** It is in no queue any more, and kept for the sake of an operation on it that is not over. */
  readonly isGone: boolean;
  /** The item has changed since its evidence was fetched. */
  readonly isStale: boolean;
  /** An answer told of a later version than the head is of, which no pull has brought yet. */
  readonly isBehind: boolean;
  readonly claim: LiveClaim | null;
  /** One's last operation on it that is not over. */
  readonly outgoing: Outgoing | null;
} & Undelivered;

/**
 * The cache of one analyst on one server (SPEC 5): what the window reads, and the outbox. Whatever fails for the disk's sake throws a
 * CacheError, what cannot be done a CacheRefusal, and both have had no effect.
 */
export type Cache = SyncStore &
  PullSide &
  FactsSide &
  AdoptSide &
  OutboxSide &
  OutboxReads &
  QueueReads &
  SettingsSide & {
    /** Null where there is no such item. */
    caseOf(itemId: string): CachedCase | null;
    /** The row alone; null where the item is gone. */
    headOf(itemId: string): Head | null;
    /** Operations that are not over, and open cases that are to be kept whole and are. */
    counts(): {
      waiting: number;
      troubled: number;
      awaitingSecond: number;
      kept: { wanted: number; present: number };
    };
    /** Removes all but what of the outbox is not over. */
    keepNotOver(): void;
    /** Gives the folder to whoever opens it next; a second call does nothing. */
    close(): void;
    /** Closes it and removes it from this computer before anybody else can open it. */
    remove(): void;
  };

export type CacheOptions = {
  readonly folder: string;
  /** 32 bytes in hex. */
  readonly key: string;
};

/** Opens the cache, made or migrated where it must be. Throws a CacheError that says why not, what is safe and what to do. */
export function openCache({ folder, key }: CacheOptions): Cache {
  const layout = layoutOf(folder);
  const lock = takeFolder(layout);
  try {
    return cacheOn(openFile(layout, key), layout, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The cache on its open file. */
export function cacheOn(db: Database.Database, layout: Layout, lock: Lock): Cache {
  const store = storeOf(db, layout.folder);
  const { inOutbox, lastOn, ...outbox } = outboxReads(store);
  const { factsOf, itemOfDecision, kept, ...keeping } = factsSide(store);
  return {
    ...pullSide(store),
    ...sendSide(store),
    ...verifySide(store),
    ...adoptSide(store),
    ...keeping,
    ...queueReads(store),
    ...outboxSide(store, itemOfDecision),
    ...outbox,
    ...settingsSide(store, layout),
    caseOf(itemId) {
      const row = headRow(store, itemId);
      if (row === undefined) return null;
      const found = factsOf(itemId);
      return {
        head: headOf(row),
        statusVersion: row.answered_version ?? row.version,
        isGone: row.shown === 'gone',
        facts: found?.json ?? null,
        readAt: found?.readAt ?? null,
        isStale: found?.isStale ?? false,
        isBehind: (row.answered_version ?? 0) > row.version,
        claim: claimOf(store, itemId),
        outgoing: lastOn(itemId),
        ...undeliveredOn(store, itemId),
      };
    },
    headOf(itemId) {
      const row = headRow(store, itemId);
      return row === undefined || row.shown === 'gone' ? null : headOf(row);
    },
    keepNotOver: () => keepNotOver(store),
    counts: () => ({ ...inOutbox(), kept: kept() }),
    close() {
      db.close();
      lock.release();
    },
    remove() {
      db.close();
      try {
        removeFiles(layout);
      } finally {
        lock.release();
      }
    },
  };
}

function claimOf(store: Store, itemId: string): LiveClaim | null {
  const claim = store.get<{ analyst: string; until_at: string; is_mine: number }>(
    'SELECT analyst, until_at, is_mine FROM claims WHERE item_id = ?',
    itemId,
  );
  if (claim === undefined) return null;
  return { itemId, by: claim.analyst, until: claim.until_at, isMine: claim.is_mine === 1 };
}
