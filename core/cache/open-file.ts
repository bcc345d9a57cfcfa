import { chmodSync, existsSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { asCacheError, newerCache, unreadable } from './error.ts';
import type { Layout } from './folder.ts';
import { MIGRATIONS } from './migrations.ts';

/** Memory for pages that are decrypted already, in KiB: with it a search over 100,000 items decrypts nothing again. */
const PAGES_KIB = 128 * 1024;

/** What the log may keep of the disk after a first pull has filled it. */
const LOG_BYTES = 16 * 1024 * 1024;

/**
 * Opens the file with its key (hex), made or migrated to this version. Behind the lock of its folder alone. Throws a CacheError, and a newer
 * or unreadable file is left as it was to the byte.
 */
export function openFile(layout: Layout, key: string): Database.Database {
  if (!/^[0-9a-f]{64}$/i.test(key)) throw new TypeError('the key of a cache is 32 bytes in hex');
  try {
    if (existsSync(layout.file)) refuseNewer(layout, key);
    const db = new Database(layout.file, { timeout: 0 });
    try {
      unlock(db, key);
      // Counts for a file without tables alone: what evidence leaves behind is given back to the disk.
      db.pragma('auto_vacuum = incremental');
      db.pragma('journal_mode = WAL');
      db.pragma(`journal_size_limit = ${LOG_BYTES}`);
      db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
      db.pragma(`cache_size = -${PAGES_KIB}`);
      db.pragma('temp_store = memory');
      for (const path of [layout.file, layout.wal, layout.shm]) if (existsSync(path)) chmodSync(path, 0o600);
      migrate(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw asCacheError(error, layout.folder);
  }
}

/** A raw key, so that opening derives none from a phrase. */
function unlock(db: Database.Database, key: string): void {
  db.pragma(`cipher = 'sqlcipher'`);
  db.pragma(`key = "x'${key}'"`);
}

/** Looks at the version through a connection that cannot write: opening for writing would put a log left by a crash into the file. */
function refuseNewer(layout: Layout, key: string): void {
  const beside = [layout.wal, layout.shm].filter((path) => !existsSync(path));
  const db = new Database(layout.file, { readonly: true, fileMustExist: true, timeout: 0 });
  let version: number;
  try {
    unlock(db, key);
    version = Number(db.pragma('user_version', { simple: true }));
    if (version > latest()) throw newerCache(layout.folder);
    // Version 0 with tables is nothing that Umpire made.
    if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) throw unreadable(layout.folder);
  } finally {
    db.close();
    for (const path of beside) rmSync(path, { force: true });
  }
}

const latest = (): number => Math.max(...MIGRATIONS.map(({ version }) => version));

/** In one transaction: a file is of one version or of the other, and the outbox in it whole. */
function migrate(db: Database.Database): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  const missing = MIGRATIONS.filter((migration) => migration.version > version);
  if (missing.length === 0) return;
  db.transaction(() => {
    for (const { sql } of missing) db.exec(sql);
    db.pragma(`user_version = ${latest()}`);
  }).exclusive();
}
