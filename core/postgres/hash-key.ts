import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Queryable } from './connection.ts';

/**
 * The key of every keyed hash (SPEC 1). It never reaches the database; only its check value does.
 */
export type HashKey = { readonly hash: (text: string) => string; readonly check: string };

export class HashKeyError extends Error {}

/** In the place of a key on a machine that has none: what hashes with it fails. */
export const NO_HASH_KEY: HashKey = {
  hash: () => {
    throw new HashKeyError('This machine has no hash key.');
  },
  check: '',
};

const CHECKED_TEXT = 'umpire hash key check';

export function hashKey(secret: string): HashKey {
  const hash = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
  return { hash, check: hash(CHECKED_TEXT) };
}

/**
 * The key from `UMPIRE_HASH_KEY`, or from the file `hash-key` (mode 0600) in `home`. Only `create` makes that file:
 * a key made by chance on a second machine would split the hashes in two.
 */
export function loadHashKey(options: { env: NodeJS.ProcessEnv; home: string; create: boolean }): HashKey {
  const fromEnvironment = options.env['UMPIRE_HASH_KEY'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return hashKey(fromEnvironment);
  const path = join(options.home, 'hash-key');
  if (options.create) {
    mkdirSync(options.home, { recursive: true });
    try {
      writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  try {
    return hashKey(readFileSync(path, 'utf8').trim());
  } catch {
    throw new HashKeyError(
      `There is no hash key: set UMPIRE_HASH_KEY, or copy the file hash-key of the machine that ran the first migrate to ${path}.`,
    );
  }
}

/** Refuses a key other than the one this database was hashed with. */
export async function checkHashKey(db: Queryable, key: HashKey): Promise<void> {
  const { rows } = await db.query<{ hash_key_check: string }>('SELECT hash_key_check FROM umpire.workspace');
  if (rows[0] !== undefined && rows[0].hash_key_check !== key.check) {
    throw new HashKeyError(
      'This database was hashed with another key. Nothing was changed. Set UMPIRE_HASH_KEY to the key of its first migrate, or copy that machine’s hash-key file.',
    );
  }
}
