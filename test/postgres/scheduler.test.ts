import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { getRollbackPlans, PgBoss } from 'pg-boss';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { advanceStages } from '../../core/programme/jobs/advance-stages.ts';
import { refreshStaleDays } from '../../core/programme/statistics.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { HASH_KEY, runUmpire, startUmpire } from '../support/scenario-command.ts';
import { until } from '../support/until.ts';

const KEY = hashKey(HASH_KEY);
const MIGRATIONS = resolve(import.meta.dirname, '../../core/postgres/migrations');

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

/** Whether the scheduler's tables are what its library makes, in this release. */
async function drift(): Promise<unknown> {
  // The login of the tests is called like the schema, and what is on the path is told without it.
  const plain = new pg.Pool({ connectionString: database.url, options: '-c search_path=public' });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => plain.query(text, values) },
    schema: 'umpire',
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  await boss.start();
  try {
    const { ok, missingTables, missing, missingFunctions, enumDrift } = await boss.detectSchemaDrift();
    return { ok, missingTables, missing, missingFunctions, enumDrift };
  } finally {
    await boss.stop();
    await plain.end();
  }
}

const SOUND = { ok: true, missingTables: [], missing: [], missingFunctions: [], enumDrift: null };

test('migrate makes the scheduler’s tables beside ours, and brings those of an older release up', async () => {
  await migrate(pool, { key: KEY });
  expect(await drift()).toEqual(SOUND);
  await pool.query(getRollbackPlans('umpire', 46));
  await pool.query(getRollbackPlans('umpire', 45));
  expect((await pool.query('select version from umpire.version')).rows).toEqual([{ version: 44 }]);
  expect(await migrate(pool, { key: KEY })).toEqual({ mode: 'programme', applied: ['scheduler 46'] });
  expect(await drift()).toEqual(SOUND);
  expect(await migrate(pool, { key: KEY })).toEqual({ mode: 'programme', applied: [] });
});

/** The database as the release before this migration left it. */
async function olderDatabase(): Promise<void> {
  const run = async (name: string): Promise<void> => {
    await pool.query(await readFile(join(MIGRATIONS, `${name}.sql`), 'utf8'));
  };
  await run('programme/0000_seed');
  await run('umpire/0000_umpire');
  await run('umpire/0001_functions');
  await run('keys/0000_keys');
  for (const [table, stamps] of Object.entries({
    programme_migrations: [1_795_305_600_000],
    migrations: [1_795_305_600_000, 1_795_305_600_001],
    key_migrations: [1_795_305_600_000],
  })) {
    await pool.query(`create table umpire.${table} (id serial primary key, hash text not null, created_at bigint)`);
    for (const stamp of stamps)
      await pool.query(`insert into umpire.${table} (hash, created_at) values ('', $1)`, [stamp]);
  }
  await pool.query(`insert into umpire.workspace (mode, hash_key_check) values ('programme', $1)`, [KEY.check]);
}

test('a database of before has its stages looked at once and its days counted once', async () => {
  await olderDatabase();
  await pool.query(
    `insert into auth.users (id, name, email) values ('rob', 'Rob', 'r@one.example'), ('rae', 'Rae', 'r@two.example');
     insert into referrals.codes (id, user_id, code) values ('00000000-0000-4000-8000-000000000001', 'rob', 'ROB');
     insert into referrals.relationships (id, referrer_id, referee_id, code_id, registered_at)
     values ('00000000-0000-4000-8000-000000000002', 'rob', 'rae', '00000000-0000-4000-8000-000000000001', '2026-03-10 12:00Z');
     insert into umpire.referrals (relationship_id, event_id, at, referrer_id, referee_id, code_id, network_hashes, ip_type, pattern_hits)
     values ('00000000-0000-4000-8000-000000000002', 'e', '2026-03-10 12:00Z', 'rob', 'rae', '00000000-0000-4000-8000-000000000001', '{}', 'unknown', '{}');
     insert into umpire.usages (event_id, at, user_id, app_id, amount) values ('u', '2026-03-10 12:01Z', 'rae', 'chat', 1);
     insert into umpire.money_log (at, relationship_id, transition, credits) values ('2026-03-12Z', '00000000-0000-4000-8000-000000000002', 'held', 5)`,
  );
  await migrate(pool, { key: KEY });
  expect(await advanceStages(pool, new Date('2026-03-10T13:00:00Z'))).toBe(1);
  expect(await advanceStages(pool, new Date('2026-03-10T13:00:00Z'))).toBe(0);
  expect(await refreshStaleDays(pool)).toBe(2);
  const { rows } = await pool.query(
    `select to_char(date, 'YYYY-MM-DD') as day, registrations, activations, credits_held from referrals.daily_stats order by 1`,
  );
  expect(rows).toEqual([
    { day: '2026-03-10', registrations: 1, activations: 1, credits_held: 0 },
    { day: '2026-03-12', registrations: 0, activations: 0, credits_held: 5 },
  ]);
});

/** Whatever is in the schemas of the owner. */
async function ownersRows(): Promise<unknown> {
  const { rows } = await pool.query(
    `select c.oid::regclass::text as name, (select count(*)::int from pg_attribute a where a.attrelid = c.oid) as columns
     from pg_class c where relnamespace in ('referrals'::regnamespace, 'auth'::regnamespace, 'credits'::regnamespace) order by 1`,
  );
  return rows;
}

test(
  'where another service writes, only what is ours to do is done, by workers too',
  { timeout: 120_000 },
  async () => {
    await pool.query(await readFile(join(MIGRATIONS, 'programme/0000_seed.sql'), 'utf8'));
    await pool.query(
      'drop index referrals.umpire_fingerprints_ip_no_device_unique, referrals.umpire_daily_stats_global_unique',
    );
    await pool.query(
      `insert into referrals.fingerprints (ip_hash, last_seen_at) values ('theirs', '2020-01-01');
     insert into referrals.rate_limits (identifier, identifier_type, action, window_end) values ('theirs', 'ip', 'code_validation', '2020-01-01')`,
    );
    const before = await ownersRows();
    const migrated = await runUmpire(['migrate', '--mode', 'observe', '--database-url', database.url]);
    expect(migrated.exit).toBe(0);
    const once = await runUmpire(['jobs', '--json', '--database-url', database.url]);
    const { runs } = JSON.parse(once.stdout) as { runs: { job: string; outcome: string }[] };
    expect(runs.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual(
      expect.arrayContaining(['scoring done', 'holds done']),
    );
    const refused = await runUmpire(['jobs', '--only', 'tiers', '--database-url', database.url]);
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('no work in observe mode') });

    const worker = startUmpire(['jobs', '--watch', '--database-url', database.url]);
    await until(
      async () => ((await pool.query('select 1 from umpire.schedule')).rows.length >= runs.length ? true : null),
      { unless: worker.ended },
    );
    worker.process.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await ownersRows()).toEqual(before);
    expect((await pool.query('select ip_hash from referrals.fingerprints')).rows).toEqual([{ ip_hash: 'theirs' }]);
    expect((await pool.query('select identifier from referrals.rate_limits')).rows).toEqual([{ identifier: 'theirs' }]);
  },
);
