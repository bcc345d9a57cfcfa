import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../core/postgres/migrate.ts';
import { newPassword, scramVerifier } from '../../core/postgres/roles/scram.ts';
import { verify } from '../../core/programme/verify.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { runUmpire } from '../support/scenario-command.ts';

let db: MigratedDatabase;
let logins: Logins;
let admin: Login;
beforeAll(async () => {
  db = await migratedDatabase();
  logins = loginsOf(db.database, db.pool);
  admin = await logins.add('admin');
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

type Said = { readonly exit: number; readonly json: { readonly [field: string]: unknown }; readonly stderr: string };

/** `umpire admin …` with the login of this URL. */
async function umpire(url: string, ...args: string[]): Promise<Said> {
  const { exit, stdout, stderr } = await runUmpire([...args, '--json', '--database-url', url]);
  return { exit, json: stdout === '' ? {} : (JSON.parse(stdout) as Said['json']), stderr };
}

async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function lastAudit(): Promise<unknown> {
  const { rows } = await db.pool.query('SELECT actor, kind, details FROM umpire.audit_log ORDER BY seq DESC LIMIT 1');
  return rows[0];
}

const WHO = 'SELECT session_user AS login, umpire.login_role() AS role';

test('an admin adds an analyst, whose password is printed once and who then is one', async () => {
  const login = logins.name('mira');
  logins.made(login);
  const added = await umpire(admin.url, 'admin', 'add', login, '--role', 'analyst', '--display', 'Mira K.');
  expect(added).toMatchObject({ exit: 0, json: { login, role: 'analyst' } });
  const password = String(added.json['password']);
  expect(password).toMatch(/^[A-Za-z2-9]{24}$/);
  expect(await query(logins.urlOf(login, password), WHO)).toEqual([{ login, role: 'analyst' }]);
  expect(await lastAudit()).toEqual({
    actor: admin.name,
    kind: 'account',
    details: { login, change: 'created', role: 'analyst' },
  });

  const again = await umpire(admin.url, 'admin', 'add', login, '--role', 'lead');
  expect(again).toMatchObject({ exit: 1, stderr: expect.stringContaining('There is a login') });

  const { json } = await umpire(admin.url, 'admin', 'list');
  const accounts = json['accounts'] as { login: string }[];
  expect(accounts.map((one) => one.login)).toEqual([admin.name, login].sort());
  expect(JSON.stringify(json)).not.toContain('SCRAM');

  const rotated = await umpire(admin.url, 'admin', 'rotate', login);
  expect(rotated.exit).toBe(0);
  await expect(query(logins.urlOf(login, password), WHO)).rejects.toThrow('password authentication failed');
  expect(await query(logins.urlOf(login, String(rotated.json['password'])), WHO)).toHaveLength(1);
});

test('a role is changed up and down, and counts at once in a session that is open', async () => {
  const analyst = await logins.add('analyst', 'climber');
  const roleNow = async (): Promise<unknown> =>
    (await analyst.pool.query('SELECT umpire.login_role() AS role')).rows[0];
  expect(await roleNow()).toEqual({ role: 'analyst' });
  for (const role of ['lead', 'admin', 'viewer']) {
    expect((await umpire(admin.url, 'admin', 'role', analyst.name, role)).exit).toBe(0);
    expect(await roleNow()).toEqual({ role });
  }
  expect(await lastAudit()).toMatchObject({
    kind: 'account',
    details: { login: analyst.name, change: 'role', before: 'admin', role: 'viewer' },
  });
});

test('a disabled account is cut off and cannot come back, until it is enabled', async () => {
  const analyst = await logins.add('analyst', 'leaver');
  const client = new Client({ connectionString: analyst.url });
  client.on('error', () => {});
  await client.connect();
  const ended = new Promise((resolve) => client.once('end', resolve));
  const disabled = await umpire(admin.url, 'admin', 'disable', analyst.name);
  expect(disabled).toMatchObject({ exit: 0, json: { enabled: false } });
  // The owner's login that may not log in is no other program's.
  expect(await migrate(db.pool, { key: TEST_KEY })).toMatchObject({ applied: [] });
  await ended;
  await expect(query(analyst.url, WHO)).rejects.toThrow('not permitted to log in');
  expect((await umpire(admin.url, 'admin', 'enable', analyst.name)).exit).toBe(0);
  expect(await query(analyst.url, WHO)).toHaveLength(1);
});

test('an account that holds the audit log or its own entry locked is disabled, and gets another password, all the same', async () => {
  for (const command of ['disable', 'rotate']) {
    for (const held of [
      `SELECT umpire.add_reason('${command}_holder', 'x', 'approve')`,
      `ALTER ROLE CURRENT_USER PASSWORD 'x'`,
    ]) {
      const holder = await logins.add('admin', 'holder');
      const client = new Client({ connectionString: holder.url });
      client.on('error', () => {});
      await client.connect();
      const ended = new Promise((resolve) => client.once('end', resolve));
      await client.query('BEGIN');
      await client.query(held);
      expect((await umpire(admin.url, 'admin', command, holder.name)).exit).toBe(0);
      await ended;
      await expect(query(holder.url, WHO)).rejects.toThrow(/not permitted to log in|password authentication failed/);
      await db.pool.query(`DELETE FROM umpire.accounts WHERE login = $1`, [holder.name]);
      await db.pool.query(`DROP ROLE "${holder.name}"`);
    }
  }
});

test('a login that is disabled has no role, whatever session it has left', async () => {
  const analyst = await logins.add('analyst', 'remains');
  await db.pool.query('UPDATE umpire.accounts SET disabled_at = now() WHERE login = $1', [analyst.name]);
  expect(await query(analyst.url, WHO)).toEqual([{ login: analyst.name, role: null }]);
  await expect(query(analyst.url, `SELECT umpire.decide_items('[]')`)).rejects.toThrow('has no role in Umpire');
});

test('nobody but owner and admins administers, and an admin has no more power than that', async () => {
  const lead = await logins.add('lead');
  const engine = await logins.add('engine');
  const victim = await logins.add('analyst', 'victim');
  const verifier = scramVerifier('x', randomBytes(16));
  const calls: readonly (readonly [string, unknown[]])[] = [
    ['create_account($1, $2, NULL, $3)', [logins.name('x'), 'viewer', verifier]],
    ['set_account_password($1, $2)', [victim.name, verifier]],
    ['set_account_role($1, $2)', [victim.name, 'lead']],
    ['set_account_enabled($1, false)', [victim.name]],
    ['end_sessions($1)', [admin.name]],
    [`change_settings('{"undo_minutes": 1000}')`, []],
    [`add_reason('mine', 'Mine', 'approve')`, []],
    [`retire_reason('household')`, []],
  ];
  const before = await lastAudit();
  for (const one of [lead, engine, victim]) {
    for (const [call, values] of calls) {
      await expect(one.pool.query(`SELECT umpire.${call}`, values)).rejects.toMatchObject({ code: '42501' });
    }
  }
  expect(await lastAudit()).toEqual(before);
  const told = await umpire(lead.url, 'admin', 'rotate', victim.name);
  expect(told).toMatchObject({ exit: 1, json: {}, stderr: expect.stringContaining('may not do that') });
  const refusals: readonly (readonly [string[], RegExp])[] = [
    [['add', logins.name('e'), '--role', 'engine'], /Only the owner makes engine logins/],
    [['role', victim.name, 'engine'], /Only the owner makes engine logins/],
    [['rotate', engine.name], /can do more than an admin/],
    [['disable', engine.name], /can do more than an admin/],
    [['role', admin.name, 'viewer'], /their own role/],
    [['disable', admin.name], /their own account/],
    [['rotate', db.database.connection.user], /There is no account/],
    [['disable', 'umpire_owner'], /There is no account/],
    [['add', 'umpire_x', '--role', 'viewer'], /begins with a letter, and not with/],
    [['add', 'Robert"; DROP', '--role', 'viewer'], /begins with a letter, and not with/],
    [['add', 'pg_monitor2', '--role', 'viewer'], /begins with a letter, and not with/],
    [['add', 'public', '--role', 'viewer'], /nor is it public or none/],
    [['add', 'none', '--role', 'viewer'], /nor is it public or none/],
    [['add', logins.name('d'), '--role', 'viewer', '--display', 'Mira\u001b[2J'], /no control characters/],
    [['add', logins.name('d'), '--role', 'viewer', '--display', 'M'.repeat(101)], /1 to 100 characters/],
    [['reasons', 'add', 'mine', 'a\nb', '--decision', 'approve'], /no control characters/],
  ];
  for (const [args, said] of refusals) {
    expect({ args, ...(await umpire(admin.url, 'admin', ...args)) }).toMatchObject({
      args,
      exit: 1,
      json: {},
      stderr: expect.stringMatching(said),
    });
  }
  // Somebody made it more than an analyst, outside of here: whoever had its password had that.
  await db.pool.query(`GRANT pg_read_server_files TO "${victim.name}"`);
  expect((await umpire(admin.url, 'admin', 'rotate', victim.name)).stderr).toContain('can do more than an admin');
  await expect(
    admin.pool.query('SELECT umpire.create_account($1, $2, NULL, $3)', [logins.name('p'), 'viewer', 'plain text']),
  ).rejects.toThrow('verifier');
});

test('settings and reasons are changed with an entry in the log that says from what to what', async () => {
  const set = await umpire(
    admin.url,
    'admin',
    'settings',
    '--second-review-above',
    '300',
    '--second-review-share',
    '.05',
  );
  expect(set).toMatchObject({
    exit: 0,
    json: { second_review_above: 300, second_review_share: 0.05, undo_minutes: 10 },
  });
  expect(await lastAudit()).toMatchObject({
    actor: admin.name,
    kind: 'settings',
    details: { before: { second_review_above: null }, after: { second_review_above: 300 } },
  });
  const none = await umpire(
    admin.url,
    'admin',
    'settings',
    '--second-review-above',
    'none',
    '--second-review-share',
    '0',
  );
  expect(none.json).toMatchObject({ second_review_above: null, second_review_share: 0 });
  expect((await umpire(admin.url, 'admin', 'settings', '--second-review-share', '2')).exit).toBe(2);

  const reasons = async (): Promise<unknown> => {
    const { json } = await umpire(admin.url, 'admin', 'reasons');
    return (json['reasons'] as { code: string; is_active: boolean; label: string }[]).find(
      ({ code }) => code === 'gift_card',
    );
  };
  expect(
    (await umpire(admin.url, 'admin', 'reasons', 'add', 'gift_card', 'Gift card', '--decision', 'reject')).exit,
  ).toBe(0);
  expect(await reasons()).toEqual({ code: 'gift_card', label: 'Gift card', decision: 'reject', is_active: true });
  expect((await umpire(admin.url, 'admin', 'reasons', 'retire', 'gift_card')).exit).toBe(0);
  expect(await lastAudit()).toMatchObject({ kind: 'reason_code', details: { code: 'gift_card', change: 'retired' } });
  expect(
    (await umpire(admin.url, 'admin', 'reasons', 'add', 'gift_card', 'Gift', '--decision', 'approve')).stderr,
  ).toContain('take another code');
  expect(
    (await umpire(admin.url, 'admin', 'reasons', 'add', 'gift_card', 'Gift cards', '--decision', 'reject')).exit,
  ).toBe(0);
  expect(await reasons()).toMatchObject({ label: 'Gift cards', is_active: true });
  for (const code of ['household', 'shared_network', 'known_customer']) {
    expect((await umpire(admin.url, 'admin', 'reasons', 'retire', code)).exit).toBe(0);
  }
  expect((await umpire(admin.url, 'admin', 'reasons', 'retire', 'false_positive')).stderr).toContain('last reason');
  expect(await verify(db.pool)).toEqual([]);
});

test('a setting that cannot be is refused in words that tell no salt', async () => {
  const { rows } = await db.pool.query<{ salt: string }>(
    'SELECT second_review_salt AS salt FROM umpire.review_settings',
  );
  for (const [changes, says] of [
    ['{"second_review_share": 2}', 'The setting second_review_share is a number from 0 to 1, and not 2.'],
    ['{"second_review_share": null}', 'The setting second_review_share is a number from 0 to 1, and not null.'],
    ['{"undo_minutes": -1}', 'The setting undo_minutes is a whole number from 0 to 1440, and not -1.'],
    ['{"undo_minutes": null}', 'The setting undo_minutes is a whole number from 0 to 1440, and not null.'],
    ['{"claim_minutes": 1.5}', 'The setting claim_minutes is a whole number from 1 to 60, and not 1.5.'],
    ['{"second_review_above": 1e99}', 'The setting second_review_above is a whole number from 0, or null, and not 1'],
    ['{"claim_minutes": "x"}', 'The setting claim_minutes is a whole number from 1 to 60, and not "x".'],
    ['[]', 'The settings to change are a JSON object.'],
  ] as const) {
    const error = await admin.pool.query('SELECT umpire.change_settings($1)', [changes]).then(
      () => null,
      (failed: Error & { detail?: string }) => failed,
    );
    expect(error?.message).toContain(says);
    expect(JSON.stringify([error?.message, error?.detail])).not.toContain(rows[0]?.salt);
  }
});

test('one account does not use up the connections of the server', async () => {
  const viewer = await logins.add('viewer', 'greedy');
  expect(await query(admin.url, 'SELECT rolconnlimit AS most FROM pg_roles WHERE rolname = $1', [viewer.name])).toEqual(
    [{ most: 20 }],
  );
});

test('the verifier that is made here is what the server makes of the same password', async () => {
  const password = newPassword(randomBytes);
  const login = logins.name('scram');
  logins.made(login);
  await db.pool.query(`CREATE ROLE "${login}" LOGIN PASSWORD '${scramVerifier(password, randomBytes(16))}'`);
  expect(await query(logins.urlOf(login, password), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await expect(query(logins.urlOf(login, `${password}x`), 'SELECT 1')).rejects.toThrow('password');
});
