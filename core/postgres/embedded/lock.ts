import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { codeOf, WorkspaceError } from './error.ts';

/*
 * Locks on empty SQLite files: the operating system drops them when their process ends, however it ends. Nothing is ever
 * written there, and the files are never removed: a lock on a removed file would exclude nobody.
 */

export type Gate = { open(): void };

/** Waits until no other program holds the gate; the event loop stays free. */
export async function takeGate(file: string, limitMs: number, onWait?: () => void): Promise<Gate> {
  const database = new Database(file, { timeout: 0 });
  const limit = Date.now() + limitMs;
  let waited = false;
  for (;;) {
    if (lockAll(database)) return { open: () => database.close() };
    if (Date.now() > limit) break;
    if (!waited) onWait?.();
    waited = true;
    await delay(20);
  }
  database.close();
  throw new WorkspaceError(
    'busy',
    `Another Umpire program has been starting or stopping the workspace for ${Math.round(limitMs / 1000)} s. ` +
      'The data is safe. Wait for it or end it, then try again.',
  );
}

export type Hold = {
  /** Gives the hold up and says whether nobody else holds. Only behind the gate; a second call says false. */
  giveUp(): boolean;
};

/** Marks this program as one that uses the server. Only behind the gate. */
export function hold(file: string): Hold {
  const database = new Database(file, { timeout: 0 });
  // A transaction that has read keeps SQLite's shared lock until it ends.
  database.exec('BEGIN');
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return {
    giveUp() {
      if (!database.open) return false;
      database.exec('COMMIT');
      const last = lockAll(database);
      database.close();
      return last;
    },
  };
}

function lockAll(database: Database.Database): boolean {
  try {
    // Without a journal on disk, a full disk does not keep anybody from stopping the server.
    database.pragma('journal_mode = memory');
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (codeOf(error)?.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
