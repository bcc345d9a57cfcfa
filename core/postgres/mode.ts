import type { Mode } from '../domain/vocabulary.ts';
import type { Queryable } from './connection.ts';

/** Whether this database was migrated, which whoever connects may know. */
export async function isMigrated(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE n.nspname = 'umpire' AND c.relname = 'workspace') AS there`,
  );
  return rows[0]?.there === true;
}

/** The mode this database is in, or null when it was never migrated. */
export async function recordedMode(client: Queryable): Promise<Mode | null> {
  if (!(await isMigrated(client))) return null;
  const { rows } = await client.query<{ mode: Mode }>('SELECT mode FROM umpire.workspace');
  return rows[0]?.mode ?? null;
}
