import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { verify } from '../../core/programme/verify.ts';
import { scanChanges } from '../../core/programme/observe/scan.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { makeOwnersTables, ownersCatalog } from '../support/owner.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { runUmpire } from '../support/scenario-command.ts';
import { until } from '../support/until.ts';

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

const NOW = new Date('2026-03-10T12:00:00Z');

async function umpire(...args: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  return runUmpire([...args, '--database-url', database.url]);
}

test.each([{ ledger: false }, { ledger: true }])(
  'migrate on the seed’s tables alone (ledger: $ledger) chooses observe, and the catalog of the owner’s schemas stays as it is',
  async ({ ledger }) => {
    await makeOwnersTables(pool, { ledger });
    const before = await ownersCatalog(pool);
    expect(before.some((line) => line.startsWith('schema credits '))).toBe(ledger);
    const { exit, stdout } = await umpire('migrate', '--json');
    expect([exit, JSON.parse(stdout).mode]).toEqual([0, 'observe']);
    expect(await ownersCatalog(pool)).toEqual(before);
    expect(JSON.parse((await umpire('migrate', '--json')).stdout).applied).toEqual([]);
    expect(await ownersCatalog(pool)).toEqual(before);
  },
);

/** Functions, types and tables of Umpire's own schema. */
async function ownCatalog(from: Pool): Promise<readonly string[]> {
  const { rows } = await from.query<{ line: string }>(
    `SELECT concat_ws(' ', p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile, p.prosrc) AS line
     FROM pg_proc AS p WHERE p.pronamespace = 'umpire'::regnamespace
     UNION ALL
     SELECT concat_ws(' ', c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)
     FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'umpire'::regnamespace AND c.relkind IN ('r', 'c', 'i')
     ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

test('a database that was prepared when 0001 still named the owner’s enum comes to the same end as a new one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-old-migrations-'));
  try {
    const migrations = fileURLToPath(new URL('../../core/postgres/migrations', import.meta.url));
    await cp(migrations, folder, { recursive: true });
    const path = join(folder, 'umpire/0001_functions.sql');
    const text = await readFile(path, 'utf8');
    const old = text
      .replace('\n  type text,\n', '\n  type public.transaction_type,\n')
      .replace('m.type::public.transaction_type', 'm.type')
      .replace('kind text, sign integer', 'kind public.transaction_type, sign integer');
    expect(old.match(/public\.transaction_type/g)).toHaveLength(text.match(/public\.transaction_type/g)!.length + 1);
    await writeFile(path, old);
    const journal = join(folder, 'umpire/meta/_journal.json');
    const { entries, ...rest } = JSON.parse(await readFile(journal, 'utf8')) as { entries: unknown[] };
    await writeFile(journal, JSON.stringify({ ...rest, entries: entries.slice(0, 2) }));

    await makeOwnersTables(pool, { ledger: true });
    await applyMigrations(drizzle(pool), {
      migrationsFolder: join(folder, 'umpire'),
      migrationsSchema: 'umpire',
      migrationsTable: 'migrations',
    });
    expect((await ownCatalog(pool)).some((line) => line.includes('transaction_type, sign'))).toBe(true);
    await migrate(pool, { key: TEST_KEY });
    const upgraded = await ownCatalog(pool);
    await withDatabase({}, async ({ url }) => {
      const fresh = connect(url, 'umpire test');
      try {
        await makeOwnersTables(fresh, { ledger: true });
        await migrate(fresh, { key: TEST_KEY });
        expect(upgraded).toEqual(await ownCatalog(fresh));
      } finally {
        await fresh.end();
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('decisions that were made before there was an audit log are vouched for from the upgrade on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-old-migrations-'));
  try {
    await cp(fileURLToPath(new URL('../../core/postgres/migrations', import.meta.url)), folder, { recursive: true });
    const journal = join(folder, 'umpire/meta/_journal.json');
    const { entries, ...rest } = JSON.parse(await readFile(journal, 'utf8')) as { entries: { tag: string }[] };
    await writeFile(journal, JSON.stringify({ ...rest, entries: entries.filter(({ tag }) => tag < '0008') }));
    await makeOwnersTables(pool, { ledger: true });
    await applyMigrations(drizzle(pool), {
      migrationsFolder: join(folder, 'umpire'),
      migrationsSchema: 'umpire',
      migrationsTable: 'migrations',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await pool.query(
    `INSERT INTO umpire.decisions (decision_id, item_id, relationship_id, actor, decision, reason, note, band, score, rule_set_version, outcome, decided_at)
     SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'ana', 'approve', 'household', note, 'high', 80, 1,
       '{"outcome": "applied", "status": "approved", "version": 2, "message": null, "paid": 30, "rejected": 0, "reversed": 0}', $1
     FROM unnest(ARRAY[NULL, 'a family']) AS n (note)`,
    [NOW],
  );
  await migrate(pool, { key: TEST_KEY });
  const { rows } = await pool.query(
    `SELECT actor = session_user AS mine, on_behalf_of, details -> 'items' AS items, details -> 'earlier' AS earlier,
       details ->> 'digest' = umpire.decisions_digest((details ->> 'batch')::uuid) AS right FROM umpire.audit_log WHERE kind = 'decisions'`,
  );
  expect(rows).toEqual([{ mine: true, on_behalf_of: null, items: 2, earlier: true, right: true }]);
  expect(await verify(pool)).toEqual([]);
  await pool.query(`UPDATE umpire.decisions SET note = 'another' WHERE note IS NOT NULL`);
  expect((await verify(pool)).map(({ check }) => check)).toEqual(['decision_note']);
});

const USERS = `INSERT INTO auth.users (id, name, email, created_at)
  SELECT u, u, u || '@example.org', '2026-01-01' FROM unnest(ARRAY['anna', 'ben', 'cleo']) AS x (u)`;

async function duplicateRows(): Promise<void> {
  await pool.query(USERS);
  await pool.query(
    `INSERT INTO referrals.fingerprints (id, ip_hash, device_hash, ip_type, ip_country, first_seen_at, last_seen_at, registration_count, flagged_count) VALUES
       ('00000000-0000-0000-0000-000000000003', 'a', NULL, 'unknown', NULL, '2026-02-01', '2026-02-02', 1, 0),
       ('00000000-0000-0000-0000-000000000002', 'a', NULL, 'vpn', 'DE', '2026-02-03', '2026-02-04', 2, 1),
       ('00000000-0000-0000-0000-000000000001', 'a', NULL, 'unknown', NULL, '2026-02-05', '2026-02-09', 4, 0),
       ('00000000-0000-0000-0000-000000000004', 'a', 'd', 'unknown', NULL, '2026-02-05', '2026-02-06', 8, 0),
       ('00000000-0000-0000-0000-000000000005', 'b', NULL, 'unknown', NULL, '2026-02-05', '2026-02-06', 16, 0)`,
  );
  await pool.query(
    `INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context) VALUES
       ('anna', '00000000-0000-0000-0000-000000000003', '2026-02-01', 'login'),
       ('anna', '00000000-0000-0000-0000-000000000001', '2026-02-05', 'registration'),
       ('ben', '00000000-0000-0000-0000-000000000003', '2026-02-02', 'login'),
       ('ben', '00000000-0000-0000-0000-000000000002', '2026-01-31', 'registration'),
       ('cleo', '00000000-0000-0000-0000-000000000001', '2026-02-09', 'code_validation'),
       ('cleo', '00000000-0000-0000-0000-000000000004', '2026-02-08', 'login')`,
  );
  await pool.query(
    `INSERT INTO referrals.daily_stats (id, date, app_id, registrations, credits_paid) VALUES
       ('00000000-0000-0000-0000-00000000000a', '2026-02-01', NULL, 1, 10), ('00000000-0000-0000-0000-00000000000b', '2026-02-01', NULL, 2, 20),
       ('00000000-0000-0000-0000-00000000000c', '2026-02-01', 'chat', 4, 40), ('00000000-0000-0000-0000-00000000000d', '2026-02-02', NULL, 8, 80)`,
  );
}

async function mergeable(): Promise<unknown> {
  const fingerprints = await pool.query(
    `SELECT right(id::text, 1) AS id, ip_hash, device_hash, ip_type, ip_country, first_seen_at::date::text AS first, last_seen_at::date::text AS last,
       registration_count AS registered, flagged_count AS flagged FROM referrals.fingerprints ORDER BY id`,
  );
  const links = await pool.query(
    `SELECT user_id, right(fingerprint_id::text, 1) AS id, seen_at::date::text AS seen, context FROM referrals.user_fingerprints ORDER BY 1, 2`,
  );
  const days = await pool.query(
    `SELECT right(id::text, 1) AS id, date::date::text AS date, app_id, registrations, credits_paid FROM referrals.daily_stats ORDER BY id`,
  );
  return { fingerprints: fingerprints.rows, links: links.rows, days: days.rows };
}

const MERGED = {
  fingerprints: [
    ['3', 'a', null, 'vpn', 'DE', '2026-02-01', '2026-02-09', 7, 1],
    ['4', 'a', 'd', 'unknown', null, '2026-02-05', '2026-02-06', 8, 0],
    ['5', 'b', null, 'unknown', null, '2026-02-05', '2026-02-06', 16, 0],
  ].map(([id, ipHash, device, type, country, first, last, registered, flagged]) => ({
    id,
    ip_hash: ipHash,
    device_hash: device,
    ip_type: type,
    ip_country: country,
    first,
    last,
    registered,
    flagged,
  })),
  links: [
    { user_id: 'anna', id: '3', seen: '2026-02-01', context: 'registration' },
    { user_id: 'ben', id: '3', seen: '2026-01-31', context: 'registration' },
    { user_id: 'cleo', id: '3', seen: '2026-02-09', context: 'code_validation' },
    { user_id: 'cleo', id: '4', seen: '2026-02-08', context: 'login' },
  ],
  days: [
    { id: 'a', date: '2026-02-01', app_id: null, registrations: 3, credits_paid: 30 },
    { id: 'c', date: '2026-02-01', app_id: 'chat', registrations: 4, credits_paid: 40 },
    { id: 'd', date: '2026-02-02', app_id: null, registrations: 8, credits_paid: 80 },
  ],
};

test('programme mode refuses tables with rows twice, by name and before anything is changed; merge cures them; then it runs', async () => {
  await makeOwnersTables(pool, { ledger: true });
  await duplicateRows();
  const [rows, catalog] = [await mergeable(), await ownersCatalog(pool)];

  const refused = await umpire('migrate', '--mode', 'programme');
  expect(refused.exit).toBe(1);
  for (const word of ['referrals.fingerprints (2 ', 'referrals.daily_stats (1 ', 'umpire merge']) {
    expect(refused.stderr).toContain(word);
  }
  const { rows: own } = await pool.query(`SELECT to_regnamespace('umpire') AS umpire`);
  expect([own[0].umpire, await ownersCatalog(pool), await mergeable()]).toEqual([null, catalog, rows]);

  const report = { fingerprints: 2, userFingerprints: 3, dailyStats: 1 };
  expect(JSON.parse((await umpire('merge', '--dry-run', '--json')).stdout)).toEqual({ dryRun: true, ...report });
  expect(await mergeable()).toEqual(rows);
  expect(JSON.parse((await umpire('merge', '--json')).stdout)).toEqual({ dryRun: false, ...report });
  expect(await mergeable()).toEqual(MERGED);
  expect((await umpire('merge')).stdout).toBe('Every row is there once: nothing to merge.\n');
  expect(await mergeable()).toEqual(MERGED);
  expect(await ownersCatalog(pool)).toEqual(catalog);

  expect((await umpire('migrate', '--mode', 'programme', '--json')).exit).toBe(0);
  await expect(pool.query(`INSERT INTO referrals.fingerprints (ip_hash) VALUES ('b')`)).rejects.toThrow('unique');
});

test('observe mode reports rows twice and leaves them; merging them there scores nothing else', async () => {
  await makeOwnersTables(pool, { ledger: false });
  await duplicateRows();
  const rows = await mergeable();
  const said = await umpire('migrate');
  expect(said.stdout).toContain('referrals.fingerprints: 2 rows too many');
  expect(said.stdout).toContain('referrals.daily_stats: 1 rows too many');
  expect(JSON.parse((await umpire('migrate', '--json')).stdout).duplicates).toEqual({ fingerprints: 2, dailyStats: 1 });
  expect(await mergeable()).toEqual(rows);

  await pool.query(
    `INSERT INTO referrals.codes (id, user_id, code, created_at) VALUES ('00000000-0000-0000-0000-0000000000c0', 'anna', 'ANNA', '2026-01-01')`,
  );
  await pool.query(
    `INSERT INTO referrals.relationships (referrer_id, referee_id, code_id, registered_at)
     VALUES ('anna', 'ben', '00000000-0000-0000-0000-0000000000c0', '2026-02-10')`,
  );
  const score = async (): Promise<unknown> => {
    expect((await umpire('score', '--json')).exit).toBe(0);
    return (await pool.query('SELECT fraud_score, fraud_signals FROM referrals.relationships')).rows;
  };
  const scored = await score();
  expect(scored).toEqual([{ fraud_score: 50, fraud_signals: '["same_ip", "vpn_proxy"]' }]);
  expect((await umpire('merge')).exit).toBe(0);
  expect(await mergeable()).toEqual(MERGED);
  expect(await score()).toEqual(scored);
});

test('a merge gives way to a service that goes on writing, and says so', async () => {
  await makeOwnersTables(pool, { ledger: false });
  await duplicateRows();
  const writer = await pool.connect();
  try {
    await writer.query('BEGIN');
    await writer.query(`UPDATE referrals.daily_stats SET registrations = registrations + 1`);
    const merging = umpire('merge', '--json');
    // The merge waits here; what the service waits for in turn it gets, and commits.
    await until(async () => {
      const { rows } = await pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0 ? true : null;
    });
    await writer.query(`UPDATE referrals.fingerprints SET last_seen_at = last_seen_at`);
    await writer.query('COMMIT');
    expect(JSON.parse((await merging).stdout)).toMatchObject({ fingerprints: 2, dailyStats: 1 });
  } finally {
    writer.release(true);
  }
});

test('programme mode is refused where another service made referrals', async () => {
  await makeOwnersTables(pool, { ledger: true });
  await pool.query(USERS);
  await pool.query(`INSERT INTO referrals.codes (user_id, code) VALUES ('anna', 'ANNA')`);
  const catalog = await ownersCatalog(pool);
  const refused = await umpire('migrate', '--mode', 'programme');
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain('referrals.codes');
  expect(refused.stderr).toContain('--mode observe');
  expect(await ownersCatalog(pool)).toEqual(catalog);
  expect((await umpire('migrate', '--json')).exit).toBe(0);
});

test('observe mode is refused where a table of the seed is missing, by name', async () => {
  await makeOwnersTables(pool, { ledger: true });
  await pool.query('DROP TABLE referrals.review_queue');
  await expect(migrate(pool, { key: TEST_KEY })).rejects.toThrow('has no referrals.review_queue');
  const { rows } = await pool.query(`SELECT to_regnamespace('umpire') AS umpire`);
  expect(rows).toEqual([{ umpire: null }]);
});

test('what the ledger does not explain of a balance is its opening, also of users who come later', async () => {
  await makeOwnersTables(pool, { ledger: true });
  await pool.query(USERS);
  await pool.query(
    `INSERT INTO credits.balances (user_id, balance, free_credits_remaining) VALUES ('anna', 70, 5), ('ben', 0, 0)`,
  );
  const earn = (who: string, amount: number): Promise<unknown> =>
    pool.query(
      `INSERT INTO credits.transactions (user_id, type, status, amount, balance_before, balance_after, app_id, description)
       VALUES ($1, 'purchase', 'completed', $2, 0, 0, 'shop', ''), ($1, 'purchase', 'failed', 999, 0, 0, 'shop', '')`,
      [who, amount],
    );
  await earn('anna', 30);
  await migrate(pool, { key: TEST_KEY });
  const openings = async (): Promise<unknown> =>
    (await pool.query('SELECT user_id, credits FROM umpire.opening_balances ORDER BY user_id')).rows;
  expect(await openings()).toEqual([
    { user_id: 'anna', credits: 45 },
    { user_id: 'ben', credits: 0 },
  ]);
  await scanChanges(pool, { now: NOW, key: TEST_KEY, full: false });
  // Somebody comes with a balance that nothing explains; an old one grows without a movement, which is no opening.
  await pool.query(`INSERT INTO credits.balances (user_id, balance) VALUES ('cleo', 12)`);
  await earn('cleo', 2);
  await pool.query(`UPDATE credits.balances SET balance = balance + 1 WHERE user_id = 'ben'`);
  await scanChanges(pool, { now: NOW, key: TEST_KEY, full: false });
  expect(await openings()).toEqual([
    { user_id: 'anna', credits: 45 },
    { user_id: 'ben', credits: 0 },
    { user_id: 'cleo', credits: 10 },
  ]);
  expect((await migrate(pool, { key: TEST_KEY })).applied).toEqual([]);
  expect(await openings()).toContainEqual({ user_id: 'ben', credits: 0 });
});
