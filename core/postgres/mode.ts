import type { Mode } from '../domain/vocabulary.ts';
import type { Queryable } from './connection.ts';

/** The mode this database is in, or null when it was never migrated. */
export async function recordedMode(client: Queryable): Promise<Mode | null> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('umpire.workspace') IS NOT NULL AS there`,
  );
  if (found[0]?.there !== true) return null;
  const { rows } = await client.query<{ mode: Mode }>('SELECT mode FROM umpire.workspace');
  return rows[0]?.mode ?? null;
}
