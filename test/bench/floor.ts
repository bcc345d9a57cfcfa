import pg from 'pg';
import type { Client, Pool } from '../../core/postgres/connection.ts';

/** What somebody wrote of one table: its rows as they are now. */
export type Moved = {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** Rows as JSON, a few thousand in each text. */
  readonly pages: readonly string[];
};

const PAGE = 5000;

/** The rows of all tables that were written by transactions from `xact` on. */
export async function movedSince(pool: Pool, xact: string): Promise<Moved[]> {
  const { rows: tables } = await pool.query<{ name: string; key: string[]; columns: string[] }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) ORDER BY a.attnum) AS key,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
     WHERE n.nspname IN ('referrals', 'credits', 'umpire') AND c.relkind = 'r' ORDER BY 1`,
  );
  const moved: Moved[] = [];
  for (const { name, key, columns } of tables) {
    const { rows } = await pool.query<{ page: string }>(
      `SELECT jsonb_agg(x.row)::text AS page FROM (
         SELECT to_jsonb(t) AS row, row_number() OVER () / ${PAGE} AS page FROM ${name} AS t WHERE t.xmin::text::bigint >= $1::bigint
       ) AS x GROUP BY x.page`,
      [xact],
    );
    // A trigger of the money log fills that one, for the floor too.
    if (rows.length > 0 && name !== 'umpire.stale_days')
      moved.push({ table: name, key, columns, pages: rows.map(({ page }) => page) });
  }
  return moved;
}

/** Lays those rows ready in a copy of the database as it was before; returns the statements that move them. */
export async function prepareFloor(pool: Pool, moved: readonly Moved[]): Promise<string[]> {
  const statements: string[] = [];
  await pool.query('CREATE SCHEMA floor');
  for (const [index, { table, key, columns, pages }] of moved.entries()) {
    const [old, fresh] = [`floor.old_${index}`, `floor.fresh_${index}`];
    const same = key.map((column) => `t.${quoted(column)} = s.${quoted(column)}`).join(' AND ');
    const names = columns.map(quoted).join(', ');
    for (const stage of [old, fresh])
      await pool.query(`CREATE UNLOGGED TABLE ${stage} AS SELECT ${names} FROM ${table} LIMIT 0`);
    for (const page of pages) {
      const rows = `(SELECT s.* FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb) AS s WHERE`;
      await pool.query(`INSERT INTO ${old} ${rows} EXISTS (SELECT 1 FROM ${table} AS t WHERE ${same}))`, [page]);
      await pool.query(`INSERT INTO ${fresh} ${rows} NOT EXISTS (SELECT 1 FROM ${table} AS t WHERE ${same}))`, [page]);
    }
    await pool.query(`ANALYZE ${old}`);
    await pool.query(`ANALYZE ${fresh}`);
    const others = columns.filter((column) => !key.includes(column));
    if (others.length > 0 && (await hasRows(pool, old))) {
      const set = others.map((column) => `${quoted(column)} = s.${quoted(column)}`).join(', ');
      statements.push(`UPDATE ${table} AS t SET ${set} FROM ${old} AS s WHERE ${same}`);
    }
    if (await hasRows(pool, fresh)) {
      statements.push(`INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${fresh}`);
    }
  }
  // Keys point from one table to another: whatever the order, it is checked at the end as little as the engine checks it.
  return order(statements);
}

export async function runFloor(client: Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement);
}

/** Tables that others refer to come first. */
function order(statements: readonly string[]): string[] {
  const first = ['umpire.bulk_sessions', 'credits.balances', 'umpire.decisions '];
  const rank = (statement: string): number => {
    const found = first.findIndex((name) => statement.includes(name));
    return found === -1 ? first.length : found;
  };
  return [...statements].sort((a, b) => rank(a) - rank(b));
}

async function hasRows(pool: Pool, table: string): Promise<boolean> {
  const { rows } = await pool.query<{ has: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${table}) AS has`);
  return rows[0]?.has === true;
}

const quoted = (name: string): string => pg.escapeIdentifier(name);
