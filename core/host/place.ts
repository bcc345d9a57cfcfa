import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';

/**
 * The folder of the cache that belongs to one login on one server (DESIGN, security), below the data folder. Throws where the
 * connection's address is none.
 */
export function cacheFolder(home: string, databaseUrl: string | undefined): string {
  const name = createHash('sha256').update(identityOf(databaseUrl)).digest('hex').slice(0, 16);
  return join(home, 'cache', name);
}

/** Never the password: it may change, and the decisions that wait are this person's all the same. */
function identityOf(databaseUrl: string | undefined): string {
  if (databaseUrl === undefined) return 'the embedded workspace';
  // As `pg` will understand it, with what the environment adds.
  const { host, port, database = '', user = '' } = new pg.Client({ connectionString: databaseUrl });
  return `${host}:${port}/${database} ${user}`;
}
