import pg from 'pg';

export type Pool = pg.Pool;
/** One connection, inside a transaction: of ours, or of whoever calls core as a library. */
export type Client = pg.ClientBase;
/** What a read needs: a pool or a client inside somebody's transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** PostgreSQL releases that Umpire runs on (SPEC 1), as `server_version_num` / 10000. */
const SUPPORTED = { first: 15, last: 18 };

/**
 * A pool on one database. Sessions run in UTC, so that instants leave as UTC. A page read by an index costs about as much
 * as the next one in order: otherwise a batch of 2,000 reads whole tables, and its cost grows with them. Idle connections
 * that the server cuts are dropped silently: the next query connects anew.
 */
export function connect(config: string | pg.PoolConfig, applicationName = 'umpire', max = 8): Pool {
  const pool = new pg.Pool({
    ...(typeof config === 'string' ? { connectionString: config } : config),
    application_name: applicationName,
    max,
    options: '-c TimeZone=UTC -c jit=off -c random_page_cost=1.1 -c DateStyle=ISO -c IntervalStyle=postgres',
  });
  pool.on('error', () => {});
  // A client that is out when its server goes tells its next query; unheard, its event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Another pool on the same database: whoever fills it up does not keep the users of the first one waiting. */
export function beside(pool: Pool, applicationName: string, max: number): Pool {
  return connect({ ...pool.options, password: pool.options.password }, applicationName, max);
}

/** A connection of one's own on the same database, for what lives as long as a session does. */
export async function connectAlone(pool: Pool, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...pool.options,
    password: pool.options.password,
    application_name: applicationName,
  });
  // A server that goes is told by the next query; unheard, its event would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Throws where the server is too old or too new to be trusted with this schema. */
export async function checkServerVersion(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ major: number; version: string }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS version`,
  );
  const server = rows[0];
  if (server === undefined || server.major < SUPPORTED.first || server.major > SUPPORTED.last) {
    throw new Error(
      `PostgreSQL ${SUPPORTED.first} to ${SUPPORTED.last} is needed, and this server is ${server?.version ?? 'unknown'}.`,
    );
  }
}

/** The last one: a lock was not to be had in the time that the transaction itself had set (`lock_timeout`). */
const RETRIED = new Set(['40001', '40P01', '55P03']);
const ATTEMPTS = 5;

/**
 * Runs `work` in one READ COMMITTED transaction, again from the start when the server chose it as the victim of a
 * deadlock, of a serialization failure or of a lock that took too long. `work` must have no effect outside the transaction.
 */
export async function inTransaction<Result>(pool: Pool, work: (client: Client) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
      if (attempt >= ATTEMPTS || !(error instanceof pg.DatabaseError) || !RETRIED.has(error.code ?? '')) throw error;
    } finally {
      client.release(broken);
    }
  }
}
