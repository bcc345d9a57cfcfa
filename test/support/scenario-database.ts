import { Pool } from 'pg';
import { createTestDatabase, templateFrom, type TestDatabase } from './postgres.ts';
import { runUmpire } from './scenario-command.ts';

/** A database that `umpire migrate` made: migrated once in a test run, and copied for each scenario. */
export async function migratedDatabase(): Promise<TestDatabase> {
  const template = await templateFrom('scenarios', async (url) => {
    const { exit, stderr } = await runUmpire(['migrate', '--json', '--database-url', url]);
    if (exit !== 0) throw new Error(`umpire migrate: exit ${exit}\n${stderr}`);
  });
  return createTestDatabase({ template });
}

/** A pool that may be ended just before its database is dropped: connections still on their way out are cut then. */
export function openPool(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 4, options: '-c TimeZone=UTC' });
  pool.on('error', () => undefined);
  return pool;
}
