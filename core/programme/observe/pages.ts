import type { Pool } from '../../postgres/connection.ts';

export type Ids = readonly string[];

/** Rows in one page: what is held in memory at once. */
const PAGE = 2000;

/**
 * Pages of ids in ascending order. `query` yields the next `size` ids after $1 (NULL: from the first on); further values
 * follow as $2 and so on.
 */
export async function* pages(
  pool: Pool,
  type: 'uuid' | 'text',
  query: (size: number) => string,
  values: readonly unknown[] = [],
): AsyncGenerator<Ids> {
  let after: string | null = null;
  for (;;) {
    const { rows }: { rows: { id: string }[] } = await pool.query<{ id: string }>(
      `SELECT id FROM (${query(PAGE)}) AS page ORDER BY id::${type}`,
      [after, ...values],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ id }) => id);
    if (rows.length < PAGE) return;
    after = last.id;
  }
}
