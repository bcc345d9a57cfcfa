import { connect } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { type MigratedDatabase, TEST_KEY } from './migrated.ts';
import { createTestDatabase, templateFrom } from './postgres.ts';
import { tellDemo } from './story.ts';

/** The name of a template with a demo programme of this many referrals, made once in a test run. */
export function demoTemplate(referrals: number, now: Date): Promise<string> {
  return templateFrom(`demo_${referrals}`, async (url) => {
    const pool = connect(url, 'umpire test');
    try {
      await migrate(pool, { mode: 'programme', key: TEST_KEY });
      await tellDemo(pool, referrals, now);
      // Copies start with what the planner knows of it.
      await pool.query('ANALYZE');
    } finally {
      await pool.end();
    }
  });
}

/** A database of one's own with such a programme. */
export async function demoDatabase(referrals: number, now: Date): Promise<MigratedDatabase> {
  const database = await createTestDatabase({ template: await demoTemplate(referrals, now) });
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
