import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createUmpire, type Umpire, UmpireError } from '../../core/library.ts';
import { connect } from '../../core/postgres/connection.ts';
import { type BackEnd, openBackEnd } from '../support/back-end.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { bought, code, register, user } from '../support/scenario-events.ts';

const IP = '203.0.113.9';
let app: BackEnd;
beforeEach(async () => {
  app = await openBackEnd();
});
afterEach(() => app.end());

const CALLS: readonly (readonly [string, (umpire: Umpire, client: pg.Client) => Promise<unknown>])[] = [
  ['registerReferral', (umpire, client) => umpire.registerReferral(client, { refereeId: 'rae', code: 'ROB', ip: IP })],
  ['lookUpCode', (umpire, client) => umpire.lookUpCode(client, { code: 'ROB', ip: IP })],
  ['createCode', (umpire, client) => umpire.createCode(client, { userId: 'rob', code: 'ROB-2' })],
  ['autoCode', (umpire, client) => umpire.autoCode(client, 'rob')],
  ['record', (umpire, client) => umpire.record(client, { type: 'credits.purchased', userId: 'rae', amount: 1 })],
];

/** The name of what every call throws on this connection, in a transaction that is begun like this. */
async function faults(url: string, begin: string, umpire = app.umpire): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [name, call] of CALLS) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(begin);
    const error: unknown = await call(umpire, client).catch((error: unknown) => error);
    found.push(error instanceof UmpireError ? error.code : `${name}: ${String(error)}`);
    await client.end();
  }
  return found;
}

const all = (fault: string): string[] => CALLS.map(() => fault);

test('a call outside of a transaction is refused by name', async () => {
  expect(await faults(app.url, 'SELECT 1')).toEqual(all('no_transaction'));
  expect(await app.column('SELECT count(*)::int AS value FROM referrals.rate_limits')).toEqual([0]);
});

test('a stricter isolation is refused by name, instead of counting what has changed meanwhile', async () => {
  expect(await faults(app.url, 'BEGIN ISOLATION LEVEL REPEATABLE READ')).toEqual(all('isolation'));
  expect(await faults(app.url, 'BEGIN ISOLATION LEVEL SERIALIZABLE')).toEqual(all('isolation'));
});

test('another hash key is refused by name', async () => {
  expect(await faults(app.url, 'BEGIN', createUmpire({ hashKey: 'another' }))).toEqual(all('wrong_hash_key'));
});

async function withOther(work: (database: TestDatabase, pool: pg.Pool) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  const pool = connect(database.url);
  try {
    await work(database, pool);
  } finally {
    await pool.end();
    await database.drop();
  }
}

test('a database that was never migrated is refused by name, until it is', async () => {
  await withOther(async ({ url }, pool) => {
    expect(await faults(url, 'BEGIN')).toEqual(all('not_migrated'));
    expect((await app.umpire.migrate(pool)).mode).toBe('programme');
    expect((await faults(url, 'BEGIN')).filter((fault) => fault === 'not_migrated')).toEqual([]);
  });
});

test('a database that another service writes is refused by name', async () => {
  await withOther(async ({ url }, pool) => {
    await app.umpire.migrate(pool);
    await pool.query('DROP SCHEMA umpire CASCADE');
    expect((await app.umpire.migrate(pool)).mode).toBe('observe');
    expect(await faults(url, 'BEGIN')).toEqual(all('observe_mode'));
  });
});

test('a mistake of the program is told by its field and never quotes what was given', async () => {
  await app.load([user('rae', '-1h'), user('rob', '-1h')]);
  const { client, umpire } = app;
  const mistakes: (() => Promise<unknown>)[] = [
    () => umpire.registerReferral(client, { refereeId: 'rae', code: 'ROB', ip: '999.1.2.3' }),
    () => umpire.lookUpCode(client, { code: 'ROB', ip: '999.1.2.3' }),
    () => umpire.record(client, { type: 'user.created', user: { id: 'x', name: 'X', email: 'secret at firm.de' } }),
    () => umpire.record(client, JSON.parse('{"type":"referral.registered"}')),
    () => umpire.record(client, JSON.parse('{"type":"user.left"}')),
  ];
  const messages: unknown[] = [];
  await client.query('BEGIN');
  for (const mistake of mistakes) {
    const error: unknown = await mistake().catch((error: unknown) => error);
    messages.push(error instanceof UmpireError ? [error.code, error.message] : error);
  }
  // The transaction is as it was.
  await umpire.record(client, { type: 'credits.purchased', userId: 'rae', amount: 7 });
  await client.query('COMMIT');
  expect(messages).toEqual([
    ['bad_call', 'ip: not an IP address'],
    ['bad_call', 'ip: not an IP address'],
    ['bad_call', 'user.email: not an e-mail address'],
    ['bad_call', 'type: referral.registered is recorded by registerReferral'],
    ['bad_call', 'type: unknown'],
  ]);
  expect(await app.column('SELECT balance AS value FROM credits.balances')).toEqual([7]);
});

test('the caller’s session keeps its settings, whatever they are, and they change no result', async () => {
  await app.load([user('rob', '-60d'), user('rae', '-1h'), code('ROB', 'rob', '-50d')]);
  const { client } = app;
  await client.query(
    `SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'`,
  );
  const settings = async (): Promise<unknown> =>
    (
      await client.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS date, current_setting('IntervalStyle') AS interval`,
      )
    ).rows;
  const before = await settings();
  await client.query('BEGIN');
  expect(await app.umpire.registerReferral(client, { refereeId: 'rae', code: 'ROB', ip: IP })).toMatchObject({
    outcome: 'accepted',
  });
  expect(await settings()).toEqual(before);
  await client.query('COMMIT');
  expect(await settings()).toEqual(before);
  expect(await app.column('SELECT registered_at AS value FROM referrals.relationships')).toEqual([
    new Date('2026-03-10T12:00:00Z'),
  ]);
});

test('what is refused has no effect at all, now or later', async () => {
  await app.load([user('rae', '-1h'), user('ray', '-1h')]);
  const record = (event: Parameters<Umpire['record']>[1]): Promise<unknown> =>
    app.commit(() => app.umpire.record(app.client, event));
  const renamed = { id: 'ray', name: 'Somebody Else', email: 'rae@gmail.com' };
  expect([
    await record({ type: 'user.updated', user: renamed }),
    await record({ type: 'user.created', user: { ...renamed, id: 'new' } }),
    await record({ type: 'credits.purchased', userId: 'ghost', amount: 5 }),
    await record({ type: 'code.updated', code: { code: 'LATER', isActive: false } }),
  ]).toMatchObject([
    { outcome: 'refused', reason: 'email_taken' },
    { outcome: 'refused', reason: 'email_taken' },
    { outcome: 'refused', reason: 'unknown_user' },
    { outcome: 'refused', reason: 'invalid_code' },
  ]);
  await app.load([
    user('ghost', '+1d'),
    { ...user('rae', '+1d', 'other@gmail.com'), type: 'user.updated', id: 'moves' },
    code('LATER', 'rae', '+1d'),
  ]);
  expect(await app.column(`SELECT id || ' ' || name || ' ' || email AS value FROM auth.users ORDER BY 1`)).toEqual([
    'ghost ghost Ash ghost@gmail.com',
    'rae rae Ash other@gmail.com',
    'ray ray Ash ray@gmail.com',
  ]);
  expect(await app.column('SELECT is_active AS value FROM referrals.codes')).toEqual([true]);
  expect(await app.column('SELECT user_id AS value FROM umpire.purchases')).toEqual([]);
});

test('an import and a call at the same time both find their effect', async () => {
  await app.load([user('rob', '-60d'), code('ROB', 'rob', '-50d'), user('rae', '-1h'), user('ray', '-1h')]);
  const [report, answer] = await Promise.all([
    app.load([register('rae', 'ROB', '-30m'), bought('rae', '+1h')]),
    app.join('ray', 'ROB'),
  ]);
  expect([report.refused, answer.outcome]).toEqual([{}, 'accepted']);
  expect(await app.column('SELECT uses_count AS value FROM referrals.codes')).toEqual([2]);
});
