import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { scanChanges } from '../../core/programme/observe/scan.ts';
import { score } from '../../core/engine/score.ts';
import { verify } from '../../core/programme/verify.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { type Logins, loginsOf } from '../support/logins.ts';
import { makeOwnersTables, ownersCatalog } from '../support/owner.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/postgres.ts';
import { runUmpire } from '../support/scenario-command.ts';

const NOW = new Date('2026-03-10T12:00:00Z');

let database: TestDatabase;
let superuser: Pool;
/** The service that owns the tables and migrates: no superuser. */
let owner: Pool;
let ownerUrl: string;
let logins: Logins;
let service: string;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = connect(database.url, 'umpire test');
  logins = loginsOf(database, superuser);
  service = logins.name('service');
  ownerUrl = urlOf({ ...database.connection, user: service, password: 'test' });
  await superuser.query(`CREATE ROLE "${service}" LOGIN PASSWORD 'test'`);
  await superuser.query(`ALTER DATABASE "${database.connection.database}" OWNER TO "${service}"`);
  owner = connect(ownerUrl, 'umpire test');
  await owner.query('CREATE SCHEMA IF NOT EXISTS public').catch(() => {});
  await superuser.query(`ALTER SCHEMA public OWNER TO "${service}"`);
  await makeOwnersTables(owner, { ledger: true });
});
afterAll(async () => {
  await owner.end();
  await logins.end();
  await superuser.end();
  await database.drop();
  const cleaner = connect({ ...database.connection, database: 'postgres' }, 'umpire test');
  await cleaner.query(`DROP ROLE IF EXISTS "${service}"`);
  await cleaner.end();
});

/** Two people on one device: in the high band. */
async function refer(number: number): Promise<void> {
  const id = (kind: number): string => `00000000-0000-4000-8000-0000000${kind}${String(number).padStart(4, '0')}`;
  await owner.query(
    `INSERT INTO auth.users (id, name, email, created_at) SELECT u, u, u || '@' || u || '.example', '2026-01-01' FROM unnest($1::text[]) AS x (u)`,
    [[`referrer${number}`, `referee${number}`]],
  );
  await owner.query(`INSERT INTO credits.balances (user_id, balance) VALUES ($1, 50), ($2, 0)`, [
    `referrer${number}`,
    `referee${number}`,
  ]);
  await owner.query(`INSERT INTO referrals.codes (id, user_id, code, created_at) VALUES ($1, $2, $3, '2026-01-02')`, [
    id(1),
    `referrer${number}`,
    `CODE${number}`,
  ]);
  await owner.query(
    `INSERT INTO referrals.fingerprints (id, ip_hash, device_hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, '2026-02-01', '2026-02-10')`,
    [id(2), `ip${number}`, `device${number}`],
  );
  await owner.query(
    `INSERT INTO referrals.relationships (id, referrer_id, referee_id, code_id, registered_at)
     VALUES ($1, $2, $3, $4, '2026-02-10')`,
    [id(3), `referrer${number}`, `referee${number}`, id(1)],
  );
  await owner.query(
    `INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context) VALUES ($1, $3, '2026-02-01', 'login'), ($2, $3, '2026-02-10', 'registration')`,
    [`referrer${number}`, `referee${number}`, id(2)],
  );
  await owner.query(
    `INSERT INTO referrals.bonus_events (id, relationship_id, user_id, event_type, credits_base, credits_final, tier_at_time, tier_multiplier, status, created_at)
     VALUES ($1, $2, $3, 'registered', 5, 5, 'bronze', 1, 'pending', '2026-02-10')`,
    [id(4), id(3), `referrer${number}`],
  );
}

async function item(number: number): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `SELECT q.id FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id WHERE r.referee_id = $1`,
    [`referee${number}`],
  );
  return rows[0]!.id;
}

async function decideAs(url: string, number: number, decision: string, reason: string): Promise<unknown> {
  const asked = ['decide', await item(number), decision, '--reason', reason, '--json'];
  const { exit, stdout, stderr } = await runUmpire([...asked, '--database-url', url]);
  return exit === 0 ? JSON.parse(stdout) : stderr;
}

test('migrate by a login that owns the tables leaves them as they are, and the first account opens them to reviewers', async () => {
  const before = await ownersCatalog(superuser);
  const refused = await migrate(owner, { key: TEST_KEY }).then(
    () => '',
    (error: Error) => error.message,
  );
  const statements = refused.split('\n').filter((line) => line.startsWith('  '));
  expect(statements.at(-1)).toContain(`GRANT umpire_owner TO "${service}"`);
  await superuser.query(statements.join('\n'));
  expect((await migrate(owner, { key: TEST_KEY })).mode).toBe('observe');
  expect(await ownersCatalog(superuser)).toEqual(before);
  for (const number of [1, 2, 3]) await refer(number);
  await scanChanges(owner, { now: NOW, key: TEST_KEY, full: false });
  await score(owner, { now: NOW });
  // Before there is a reviewer the functions work for the owner.
  expect(await decideAs(ownerUrl, 1, 'reject', 'account_farm')).toMatchObject({ outcome: 'applied', rejected: 5 });

  const added = await runUmpire([
    'admin',
    'add',
    logins.name('ana'),
    '--role',
    'analyst',
    '--json',
    '--database-url',
    ownerUrl,
  ]);
  expect([added.exit, added.stderr]).toEqual([0, '']);
  logins.made(logins.name('ana'));
  const { password, granted } = JSON.parse(added.stdout) as { password: string; granted: string[] };
  expect(granted).toContain('GRANT SELECT, UPDATE ON TABLE referrals.bonus_events TO umpire_owner');
  expect(granted.every((statement) => /^GRANT (SELECT|INSERT|UPDATE|DELETE|USAGE)/.test(statement))).toBe(true);
  const after = new Set(await ownersCatalog(superuser));
  // What the service has is as it was: only rights were added.
  expect(before.filter((line) => !after.has(line)).every((line) => /^(schema|relation|column) /.test(line))).toBe(true);

  const ana = logins.urlOf(logins.name('ana'), password);
  expect(await decideAs(ana, 2, 'approve', 'household')).toMatchObject({ outcome: 'applied', paid: 5 });
  expect(await decideAs(ana, 3, 'reject', 'account_farm')).toMatchObject({ outcome: 'applied', rejected: 5 });
  const shown = await runUmpire(['case', await item(3), '--json', '--database-url', ana]);
  expect([shown.exit, JSON.parse(shown.stdout)]).toMatchObject([0, { status: 'rejected', referrer: { credits: 50 } }]);
  const pool = connect(ana, 'umpire test');
  await expect(pool.query(`UPDATE referrals.bonus_events SET status = 'paid'`)).rejects.toMatchObject({
    code: '42501',
  });
  await pool.end();

  const engine = await logins.add('engine');
  await refer(4);
  await scanChanges(engine.pool, { now: NOW, key: TEST_KEY, full: false });
  await score(engine.pool, { now: NOW });
  expect(await decideAs(ana, 4, 'escalate', 'needs_lead')).toMatchObject({ outcome: 'applied' });
  expect(await verify(owner)).toEqual([]);

  const open = await ownersCatalog(superuser);
  expect(await migrate(owner, { key: TEST_KEY })).toMatchObject({ applied: [] });
  const again = await runUmpire([
    'admin',
    'add',
    logins.name('ben'),
    '--role',
    'viewer',
    '--json',
    '--database-url',
    ownerUrl,
  ]);
  logins.made(logins.name('ben'));
  expect(JSON.parse(again.stdout)).toMatchObject({ granted: [] });
  expect(await ownersCatalog(superuser)).toEqual(open);
});
