import type { HashKey } from '../../postgres/hash-key.ts';

/** What every part of a scan needs to know. */
export type Scan = {
  /** Whether the owner keeps credits in this database. */
  readonly ledger: boolean;
  /** Keys the digests of what is personal. */
  readonly salt: string;
};

export function scanOf(key: HashKey, ledger: boolean): Scan {
  return { ledger, salt: key.hash('umpire observed users') };
}

/**
 * Facts that are copied from the owner's rows, one row a fact, found by user. `wanted` is what the owner's rows say of the
 * users $1 now, with exactly these columns; the two of Umpire's that are left out are named with their value in `constant`.
 */
export type CopiedFacts = {
  readonly table: string;
  readonly columns: readonly string[];
  readonly constant?: { readonly column: string; readonly value: string };
  readonly wanted: (scan: Scan) => string;
};

/** SQL for the users among $1 whose facts are not what the owner's rows say. */
export function differingUsers(facts: CopiedFacts, scan: Scan): string {
  return `
    SELECT coalesce(w.user_id, f.user_id) AS id
    FROM (SELECT ${facts.columns.join(', ')} FROM (${facts.wanted(scan)}) AS n) AS w
    FULL JOIN (SELECT ${facts.columns.join(', ')} FROM ${facts.table} WHERE user_id = ANY ($1)) AS f ON f.event_id = w.event_id
    WHERE ROW (w.*) IS DISTINCT FROM ROW (f.*)`;
}

/**
 * SQL that makes the facts of the users $1 those of the temporary table `wanted`. All of a transaction read that table and
 * not the owner's rows again: what changed in between would be copied without having been noticed.
 */
export function copyFacts(facts: CopiedFacts, wanted: string): { readonly remove: string; readonly write: string } {
  const { table, columns, constant } = facts;
  const own = columns.filter((column) => column !== 'event_id');
  return {
    remove: `
      DELETE FROM ${table} AS f WHERE f.user_id = ANY ($1)
        AND NOT EXISTS (SELECT 1 FROM ${wanted} AS w WHERE w.event_id = f.event_id)`,
    write: `
      INSERT INTO ${table} AS f (${[...columns, ...(constant === undefined ? [] : [constant.column])].join(', ')})
      SELECT ${[...columns.map((column) => `w.${column}`), ...(constant === undefined ? [] : [constant.value])].join(', ')}
      FROM ${wanted} AS w ORDER BY w.event_id
      ON CONFLICT (event_id) DO UPDATE SET ${own.map((column) => `${column} = excluded.${column}`).join(', ')}
      WHERE ROW (${own.map((column) => `f.${column}`).join(', ')}) IS DISTINCT FROM ROW (${own.map((column) => `excluded.${column}`).join(', ')})`,
  };
}
