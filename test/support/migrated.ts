import { connect, type Pool } from '../../core/postgres/connection.ts';
import { type HashKey, hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { createTestDatabase, templateFrom, type TestDatabase } from './postgres.ts';

export const TEST_KEY: HashKey = hashKey('a key of the tests');

export type MigratedDatabase = { readonly pool: Pool; readonly database: TestDatabase; end(): Promise<void> };

/** A migrated, empty database of one's own: a copy of a template that is migrated once in a test run. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const template = await templateFrom('migrated', async (url) => {
    const pool = connect(url, 'umpire test');
    try {
      await migrate(pool, { mode: 'programme', key: TEST_KEY });
    } finally {
      await pool.end();
    }
  });
  const database = await createTestDatabase({ template });
  const pool = connect(database.url, 'umpire test');
  return {
    pool,
    database,
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
}
