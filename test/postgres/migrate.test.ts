import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate, MigrateError } from '../../core/postgres/migrate.ts';
import { recordedMode } from '../../core/postgres/mode.ts';
import { dailyStats, refreshDailyStats } from '../../core/programme/statistics.ts';
import { verify } from '../../core/programme/verify.ts';
import { undo } from '../../core/review/undo.ts';
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

/** The migrations of the release before decisions could be taken back. */
async function migrateToEarlierRelease(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-earlier-'));
  try {
    await cp(fileURLToPath(new URL('../../core/postgres/migrations', import.meta.url)), folder, { recursive: true });
    for (const [name, table] of [
      ['programme', 'programme_migrations'],
      ['umpire', 'migrations'],
      ['keys', 'key_migrations'],
    ] as const) {
      const journal = join(folder, name, 'meta/_journal.json');
      const { entries, ...rest } = JSON.parse(await readFile(journal, 'utf8')) as { entries: { tag: string }[] };
      const earlier = entries.filter(({ tag }) => Number.parseInt(tag, 10) <= 6);
      await writeFile(journal, JSON.stringify({ ...rest, entries: earlier }));
      await applyMigrations(drizzle(pool), {
        migrationsFolder: join(folder, name),
        migrationsSchema: 'umpire',
        migrationsTable: table,
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('decisions of an earlier release are vouched for from the upgrade on, and are not taken back', async () => {
  await migrateToEarlierRelease();
  const [relationship, item, decision] = [randomUUID(), randomUUID(), randomUUID()];
  const code = randomUUID();
  await pool.query(
    `INSERT INTO umpire.workspace (mode, hash_key_check) VALUES ('programme', '${TEST_KEY.check}');
     INSERT INTO umpire.rule_sets (version, points, thresholds) VALUES (1, '{}', '{}');
     INSERT INTO umpire.reason_codes (code, label, decision, position) VALUES ('household', 'Same household', 'approve', 0);
     INSERT INTO auth.users (id, name, email) VALUES ('rob', 'Rob', 'rob@first.example'), ('rae', 'Rae', 'rae@other.example');
     INSERT INTO referrals.codes (id, user_id, code) VALUES ('${code}', 'rob', 'ROB');
     INSERT INTO referrals.relationships (id, referrer_id, referee_id, code_id) VALUES ('${relationship}', 'rob', 'rae', '${code}');
     INSERT INTO umpire.referrals (relationship_id, event_id, at, referrer_id, referee_id, code_id, network_hashes, ip_type, pattern_hits)
     VALUES ('${relationship}', 'e', now(), 'rob', 'rae', '${code}', '{}', 'residential', '{}');
     INSERT INTO umpire.scores (relationship_id, score, band, held_band, rule_set_version, evidence_hash, scored_at)
     VALUES ('${relationship}', 70, 'high', 'high', 1, 'x', now());
     INSERT INTO referrals.review_queue (id, relationship_id, fraud_score, fraud_signals, priority)
     VALUES ('${item}', '${relationship}', 70, '[]', 'high');
     INSERT INTO umpire.items (item_id, relationship_id) VALUES ('${item}', '${relationship}')`,
  );
  const call = {
    decisionId: decision,
    itemId: item,
    decision: 'approve',
    reason: 'household',
    note: 'They are a family.',
  };
  await pool.query('SELECT umpire.decide($1::jsonb, session_user, NULL, now())', [JSON.stringify([call])]);

  await migrate(pool, { key: TEST_KEY });
  const about = /^(?:audit|decision|undone|proposal|known)/;
  expect((await verify(pool)).filter(({ check }) => about.test(check))).toEqual([]);
  const { rows } = await pool.query('SELECT kind, details FROM umpire.audit_log ORDER BY seq');
  expect(rows.filter(({ kind }) => kind === 'decisions')).toEqual([
    { kind: 'decisions', details: expect.objectContaining({ items: 1, earlier: true }) },
  ]);
  expect(await undo(pool, [{ undoId: randomUUID(), decisionId: decision }])).toMatchObject([
    { outcome: 'not_allowed', status: 'approved' },
  ]);
});
