import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';

/** The folder of the caches in a data folder: one for each spelling of a connection. */
export const cachesFolder = (home: string): string => join(home, 'cache');

/**
 * The folder of the cache that belongs to one login on one server (DESIGN, security), below the data folder. Throws where the
 * connection's address is none.
 */
export function cacheFolder(home: string, databaseUrl: string | undefined): string {
  const { address, login } = placeOf(databaseUrl);
  const name = createHash('sha256').update(`${address} ${login}`.trimEnd()).digest('hex').slice(0, 16);
  return join(cachesFolder(home), name);
}

/** Address and login as the connection spells them. Never the password: it may change, and the decisions that wait are this person's all the same. */
export function placeOf(databaseUrl: string | undefined): { readonly address: string; readonly login: string } {
  if (databaseUrl === undefined) return { address: 'the embedded workspace', login: '' };
  // As `pg` will understand it, with what the environment adds.
  const { host, port, database = '', user = '' } = new pg.Client({ connectionString: databaseUrl });
  return { address: `${host}:${port}/${database}`, login: user };
}
