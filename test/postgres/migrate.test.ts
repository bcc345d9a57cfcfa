import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate, MigrateError } from '../../core/postgres/migrate.ts';
import { recordedMode } from '../../core/postgres/mode.ts';
import { dailyStats, refreshDailyStats } from '../../core/programme/statistics.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = connect(database.url, 'umpire test');
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** The database of another service: the seed's tables and nothing of ours. */
async function ownersDatabase(): Promise<void> {
  await migrate(pool, { key: TEST_KEY, mode: 'programme' });
  await pool.query('DROP SCHEMA umpire CASCADE');
  await pool.query(
    'DROP INDEX referrals.umpire_fingerprints_ip_no_device_unique, referrals.umpire_daily_stats_global_unique',
  );
}

/** Everything in the catalog that belongs to the owner's schemas. */
async function ownersCatalog(): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT n.nspname, c.relname, c.relkind,
       (SELECT array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
        FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT count(*)::int FROM pg_trigger AS t WHERE t.tgrelid = c.oid) AS triggers,
       (SELECT array_agg(x.conname ORDER BY x.conname) FROM pg_constraint AS x WHERE x.conrelid = c.oid) AS constraints
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('referrals', 'auth', 'credits') ORDER BY 1, 2`,
  );
  return rows;
}

test('an empty database is a programme, and a second migrate changes nothing', async () => {
  expect((await migrate(pool, { key: TEST_KEY })).mode).toBe('programme');
  expect(await migrate(pool, { key: TEST_KEY })).toEqual({ mode: 'programme', applied: [] });
});

test('where another service writes, its tables, columns, indexes, constraints and triggers stay as they are', async () => {
  await ownersDatabase();
  const before = await ownersCatalog();
  expect((await migrate(pool, { key: TEST_KEY })).mode).toBe('observe');
  expect(await ownersCatalog()).toEqual(before);
  await expect(migrate(pool, { key: TEST_KEY, mode: 'programme' })).rejects.toThrow(MigrateError);
});

test('where another service writes, its daily figures stay its own', async () => {
  await ownersDatabase();
  await migrate(pool, { key: TEST_KEY });
  await pool.query(
    `INSERT INTO referrals.daily_stats (date, registrations, credits_paid) VALUES ('2026-03-01', 40, 500)`,
  );
  const days = { from: null, to: null };
  await refreshDailyStats(pool, days);
  expect(await dailyStats(pool, days)).toMatchObject([{ registrations: 40, creditsPaid: 500 }]);
});

test('a first migrate that was cut off half-way goes on as what it was', async () => {
  await pool.query(
    `CREATE FUNCTION public.cut() RETURNS event_trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'umpire.workspace') THEN RAISE 'cut off'; END IF;
     END $$;
     CREATE EVENT TRIGGER cut ON ddl_command_end EXECUTE FUNCTION public.cut()`,
  );
  await expect(migrate(pool, { key: TEST_KEY })).rejects.toThrow('cut off');
  expect(await recordedMode(pool)).toBe(null);
  await pool.query('DROP EVENT TRIGGER cut');
  expect((await migrate(pool, { key: TEST_KEY })).mode).toBe('programme');
});
