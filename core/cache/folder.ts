import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { asCacheError, notPlain } from './error.ts';

export type Layout = {
  readonly folder: string;
  readonly file: string;
  /** What SQLite keeps beside the file while it is open, and after a crash. */
  readonly wal: string;
  readonly shm: string;
  /** What it leaves where it dies before the log is there. */
  readonly journal: string;
  readonly lock: string;
  /** Whose it is (`owner.ts`). */
  readonly owner: string;
};

export function layoutOf(folder: string): Layout {
  const file = join(folder, 'cache.db');
  return {
    folder,
    file,
    wal: `${file}-wal`,
    shm: `${file}-shm`,
    journal: `${file}-journal`,
    lock: join(folder, 'lock'),
    owner: join(folder, 'owner.json'),
  };
}

export type Lock = { release(): void };

/**
 * Takes the folder for this program, until it ends however it ends: the operating system drops the lock. The lock file stays
 * empty and is never removed, since a lock on a removed file excludes nobody. Throws a CacheError where another has it.
 */
export function takeFolder(layout: Layout): Lock {
  const { folder, lock } = layout;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    refuseLinks(layout);
    const database = new Database(lock, { timeout: 0 });
    try {
      // Without a journal on disk, a full one keeps nobody out of what is there already.
      database.pragma('journal_mode = memory');
      database.exec('BEGIN EXCLUSIVE');
      chmodSync(lock, 0o600);
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => void database.close() };
  } catch (error) {
    throw asCacheError(error, folder);
  }
}

/** Behind a link the cache would lie where it is never wiped, and whoever made the link chose what is written over. */
function refuseLinks({ folder, file, wal, shm, journal, lock }: Layout): void {
  for (const path of [file, wal, shm, journal, lock]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile()) throw notPlain(folder, path);
  }
}

/**
 * Removes what the cache holds from this computer, decisions that were not sent included; the empty lock file stays. Throws a
 * CacheError where a program has it open, or where it cannot be removed.
 */
export function wipeCache(folder: string): void {
  if (!existsSync(folder)) return;
  const layout = layoutOf(folder);
  const lock = takeFolder(layout);
  try {
    removeFiles(layout);
  } finally {
    lock.release();
  }
}

/** Behind the lock alone. Whose it was goes last: until then it is told of what is left. */
export function removeFiles({ folder, file, wal, shm, journal, owner }: Layout): void {
  try {
    // The log goes after the file: without the file it is nothing, while a file without its log would be an older state.
    for (const path of [file, wal, shm, journal, owner]) rmSync(path, { force: true });
  } catch (error) {
    throw asCacheError(error, folder);
  }
}
