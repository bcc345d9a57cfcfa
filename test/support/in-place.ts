import type { Pool } from '../../core/postgres/connection.ts';
import { inTransaction } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { SCHEDULER_TABLES } from '../../core/postgres/scheduler.ts';
import { TEST_KEY } from './migrated.ts';

/** What a dump has of a database: its rows, as text, and how far its sequences are. */
export type Dump = {
  readonly tables: readonly { readonly name: string; readonly rows: readonly string[] }[];
  readonly sequences: readonly { readonly name: string; readonly last: string; readonly called: boolean }[];
};

const SCHEMAS = ['auth', 'credits', 'referrals', 'umpire'];

/** But for the scheduler's, which nobody pulls. */
export async function dumpOf(pool: Pool): Promise<Dump> {
  return inTransaction(pool, async (db) => {
    const names = async (kind: 'r' | 'S'): Promise<string[]> =>
      (
        await db.query<{ name: string }>(
          `SELECT c.oid::regclass::text AS name FROM pg_class AS c
           WHERE c.relkind = $1 AND c.relnamespace = ANY ($2::text[]::regnamespace[]) AND NOT c.relispartition AND c.relname <> ALL ($3) ORDER BY 1`,
          [kind, SCHEMAS, SCHEDULER_TABLES],
        )
      ).rows.map(({ name }) => name);
    const tables = [];
    for (const name of await names('r')) {
      const { rows } = await db.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`);
      tables.push({ name, rows: rows.map(({ row }) => row) });
    }
    const sequences = [];
    for (const name of await names('S')) {
      const { rows } = await db.query<{ last: string; called: boolean }>(
        `SELECT last_value::text AS last, is_called AS called FROM ${name}`,
      );
      sequences.push(...rows.map((one) => ({ name, ...one })));
    }
    return { tables, sequences };
  });
}

/**
 * As `pg_dump --clean --if-exists` and `psql` do in the same database, with which the server of the tests does not come: every table is
 * dropped and made anew, and has its rows again.
 */
export async function restoreInPlace(pool: Pool, { tables, sequences }: Dump): Promise<void> {
  await pool.query(`DROP SCHEMA ${SCHEMAS.join(', ')} CASCADE`);
  const { rows: types } = await pool.query<{ name: string }>(
    `SELECT oid::regtype::text AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'`,
  );
  if (types.length > 0) await pool.query(`DROP TYPE ${types.map(({ name }) => name).join(', ')} CASCADE`);
  await migrate(pool, { mode: 'programme', key: TEST_KEY });
  await inTransaction(pool, async (db) => {
    await db.query('SET LOCAL session_replication_role = replica');
    await db.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')} CASCADE`);
    for (const { name, rows } of tables) {
      await db.query(`INSERT INTO ${name} OVERRIDING SYSTEM VALUE SELECT (x::${name}).* FROM unnest($1::text[]) AS x`, [
        rows,
      ]);
    }
    for (const { name, last, called } of sequences) await db.query('SELECT setval($1, $2, $3)', [name, last, called]);
  });
}
