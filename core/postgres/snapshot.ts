import type pg from 'pg';

/** Runs `read` on one client that sees one state of the database, however many statements it makes. */
export async function inSnapshot<Result>(
  pool: Pick<pg.Pool, 'connect'>,
  read: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await read(client);
    await client.query('COMMIT');
    broken = false;
    return result;
  } finally {
    // A client that failed in the middle is not handed to anybody else.
    client.release(broken);
  }
}
