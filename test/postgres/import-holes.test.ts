import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { score } from '../../core/engine/score.ts';
import { type ImportReport, importEvents, type RejectedLine } from '../../core/programme/import/import.ts';
import type { StagedEvent } from '../../core/programme/import/prepare.ts';
import { eventSource, fileSource } from '../../core/programme/import/source.ts';
import { stage } from '../../core/programme/import/stage.ts';
import { advanceStages } from '../../core/programme/jobs/advance-stages.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { until } from '../support/until.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
let db: MigratedDatabase;
let folder: string;
let next = 0;

beforeEach(async () => {
  db = await migratedDatabase();
  folder = await mkdtemp(join(tmpdir(), 'umpire-holes-test-'));
  next = 0;
});
afterEach(async () => {
  await db.end();
  await rm(folder, { recursive: true, force: true });
});

type Fields = Readonly<Record<string, unknown>>;

/** Days since the first of March 2026 as an instant. */
const day = (days: number): string => new Date(Date.UTC(2026, 2, 1) + days * 86_400_000).toISOString();
const event = (type: string, at: number, fields: Fields): Fields => ({
  id: `e${String((next += 1)).padStart(5, '0')}`,
  type,
  at: day(at),
  ...fields,
});
const user = (id: string, at: number, email = `${id}.person@example.com`): Fields =>
  event('user.created', at, { user: { id, name: id, email } });
const code = (text: string, userId: string, at: number, more: Fields = {}): Fields =>
  event('code.created', at, { code: { code: text, userId, type: 'custom', ...more } });
const register = (refereeId: string, text: string, at: number, more: Fields = {}): Fields =>
  event('referral.registered', at, { refereeId, code: text, ip: `192.0.2.${(next % 250) + 1}`, ...more });
const used = (userId: string, at: number, app = 'chat'): Fields =>
  event('credits.used', at, { userId, appId: app, amount: 1 });
const bought = (userId: string, at: number, amount = 10): Fields => event('credits.purchased', at, { userId, amount });

const load = (events: readonly Fields[], now = NOW): Promise<ImportReport> =>
  importEvents(
    db.pool,
    eventSource(() => events),
    { key: TEST_KEY, now },
  );

async function loadBytes(bytes: Buffer): Promise<{ report: ImportReport; rejected: RejectedLine[] }> {
  const path = join(folder, 'events.jsonl');
  await writeFile(path, bytes);
  const rejected: RejectedLine[] = [];
  const report = await importEvents(db.pool, fileSource(path, null), {
    key: TEST_KEY,
    now: NOW,
    onRejected: (line) => rejected.push(line),
  });
  return { report, rejected };
}

async function column(sql: string): Promise<unknown[]> {
  const { rows } = await db.pool.query<{ value: unknown }>(sql);
  return rows.map(({ value }) => value);
}

test('sums that no balance can hold are refused, and what came before them and everybody else goes on', async () => {
  const purchases = Array.from({ length: 216 }, (_, index) => bought('rich', 1 + index / 1000, 10_000_000));
  const report = await load([user('rich', 0), user('poor', 0), ...purchases, bought('poor', 2)]);
  expect(report.refused).toEqual({ credits_out_of_range: 16 });
  expect(await column('SELECT user_id || balance AS value FROM credits.balances')).toEqual(
    expect.arrayContaining(['poor10', 'rich2000000000']),
  );
  expect((await load([bought('poor', 3)])).imported).toBe(1);
  expect(await verify(db.pool)).toEqual([]);
});

test('an id that another import is just using for something else is rejected', async () => {
  const staged = (digest: string): StagedEvent => ({
    id: 'same',
    at: day(1),
    type: 'credits.used',
    digest: digest.repeat(32),
    content: {},
  });
  const other = await db.pool.connect();
  try {
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO umpire.events (event_id, at, type, digest, status, content, import_id)
       VALUES ('same', now(), 'credits.used', decode($1, 'hex'), 'staged', '{}', gen_random_uuid())`,
      ['a'.repeat(32)],
    );
    const outcomes = [stage(db.pool, randomUUID(), [staged('a')]), stage(db.pool, randomUUID(), [staged('b')])];
    await until(async () => {
      const waiting = await column(
        `SELECT 1 AS value FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length === 2 ? waiting : null;
    });
    await other.query('COMMIT');
    expect(await Promise.all(outcomes)).toEqual([
      { fresh: 0, duplicates: 1, reused: [] },
      { fresh: 0, duplicates: 0, reused: [0] },
    ]);
  } finally {
    other.release();
  }
});

test('a line nested too deep and a line that is not UTF-8 are rejected by number, and the good ones are taken', async () => {
  const deep = JSON.stringify(code('DEEP', 'ada', 1)).replace(
    '"custom"',
    `"custom","metadata":${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  );
  const lines = [
    Buffer.from(JSON.stringify(user('ada', 0))),
    Buffer.from(deep),
    Buffer.concat([
      Buffer.from('{"id":"x'),
      Buffer.from([0xff]),
      Buffer.from('","type":"user.deleted","at":"2026-03-01T00:00:00Z","userId":"ada"}'),
    ]),
    Buffer.from(JSON.stringify(user('bob', 0))),
  ];
  const { report, rejected } = await loadBytes(Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));
  expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
    [2, 'nested deeper than 64 levels'],
    [3, 'not UTF-8'],
  ]);
  expect(report).toMatchObject({ read: 4, imported: 2, rejected: 2 });
});

test('a wrong value is told apart from a missing one', async () => {
  const rejected: RejectedLine[] = [];
  const events = [
    { ...bought('ada', 1), amount: 1.5 },
    { ...bought('ada', 1), amount: '5' },
    { ...bought('ada', 1), amount: undefined },
  ];
  await importEvents(
    db.pool,
    eventSource(() => events),
    { key: TEST_KEY, now: NOW, onRejected: (line) => rejected.push(line) },
  );
  expect(rejected.map(({ reason }) => reason === 'amount: missing')).toEqual([false, false, true]);
});

const handedOn = (): Fields[] => [
  user('ref', -30),
  code('REF', 'ref', -20),
  user('ada', 0, 'shared@example.com'),
  event('user.updated', 1, { user: { id: 'ada', email: 'ada.new@example.com' } }),
  user('bob', 2, 'shared@example.com'),
  register('bob', 'REF', 3),
];

test('an address that one user gives up is the next one’s, in one file', async () => {
  expect((await load(handedOn())).refused).toEqual({});
  expect(await column('SELECT referee_id AS value FROM referrals.relationships')).toEqual(['bob']);
});

test('an address that is given up in a later file is then the next one’s', async () => {
  const [ref, refCode, ada, update, bob, registration] = handedOn() as [Fields, Fields, Fields, Fields, Fields, Fields];
  expect((await load([ref, refCode, ada, bob, registration])).refused).toEqual({ email_taken: 1, unknown_user: 1 });
  await load([update]);
  expect(await column('SELECT referee_id AS value FROM referrals.relationships')).toEqual(['bob']);
});

test('who loses a code changes nothing of it once a referral through it was scored', async () => {
  await load([
    user('ben', -30),
    user('ann', -30),
    user('cyd', 4),
    code('SHARED', 'ben', 0, { maxUses: 5 }),
    register('cyd', 'SHARED', 5),
  ]);
  await score(db.pool, { now: NOW });
  const report = await load([code('SHARED', 'ann', -1, { maxUses: 1, expiresAt: day(3) })]);
  expect(report.refused).toEqual({ code_taken: 1 });
  expect(
    await column(
      `SELECT user_id || ' ' || max_uses || ' ' || coalesce(expires_at::text, 'open') AS value FROM referrals.codes`,
    ),
  ).toEqual(['ben 5 open']);
});

test('the first use of another app moves back with what is learned, paid or not', async () => {
  await load([
    user('ref', -30),
    user('cyd', 0),
    code('REF', 'ref', -20),
    register('cyd', 'REF', 1, { sourceAppId: 'chat' }),
    used('cyd', 25, 'mail'),
  ]);
  await score(db.pool, { now: NOW });
  await load([used('cyd', 22, 'mail')]);
  expect(await column('SELECT activated_at AS value FROM referrals.cross_app_activations')).toEqual([
    new Date(day(22)),
  ]);
});

test('usage sooner than five minutes counts when the clock has reached them, however much later that is noticed', async () => {
  const registered = [
    user('ref', -30),
    user('cyd', 0),
    code('REF', 'ref', -20),
    register('cyd', 'REF', 1),
    used('cyd', 1 + 1 / 1440),
  ];
  await load(registered, new Date(day(1 + 2 / 1440)));
  expect(await column('SELECT status::text AS value FROM referrals.relationships')).toEqual(['registered']);
  await advanceStages(db.pool, new Date(day(4)));
  expect(await column('SELECT activated_at AS value FROM referrals.relationships')).toEqual([
    new Date(day(1 + 5 / 1440)),
  ]);
});

test('an account that turns out to be older is no new account any more', async () => {
  await load([user('ref', 10), user('cyd', 11), code('REF', 'ref', 10.5), register('cyd', 'REF', 12)]);
  await score(db.pool, { now: NOW });
  expect(await column('SELECT fraud_signals AS value FROM referrals.relationships')).toEqual([
    '["new_account_referrer"]',
  ]);
  await load([user('ref', 0)]);
  await score(db.pool, { now: NOW });
  expect(await column('SELECT fraud_signals AS value FROM referrals.relationships')).toEqual(['[]']);
});

test('the earlier registration of a referee takes the place of a later one, however many lie between', async () => {
  const crowd = Array.from({ length: 2100 }, (_, index) => index);
  const between = crowd.flatMap((index) => [user(`c${index}`, 1), register(`c${index}`, 'MANY', 2 + index / 45)]);
  await load([
    user('ref', -30),
    user('other', -30),
    code('MANY', 'ref', -20, { type: 'campaign' }),
    code('OTHER', 'other', -20),
    user('cyd', 0),
    ...between,
    register('cyd', 'MANY', 60),
  ]);
  const report = await load([register('cyd', 'OTHER', 1)]);
  expect(report.refused).toEqual({});
  expect(await column(`SELECT referrer_id AS value FROM referrals.relationships WHERE referee_id = 'cyd'`)).toEqual([
    'other',
  ]);
  expect(
    await column(`SELECT outcome AS value FROM umpire.registrations WHERE referee_id = 'cyd' ORDER BY at`),
  ).toEqual(['accepted', 'already_referred']);
  expect(await column(`SELECT uses_count AS value FROM referrals.codes ORDER BY code`)).toEqual([2100, 1]);
});

/** Sessions of this database that wait for a lock. */
async function waiting(): Promise<number> {
  const [count] = await column(
    `SELECT count(*)::int AS value FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return Number(count);
}

test('a qualification that arrives while a bonus is being paid never makes it worth another sum than was paid', async () => {
  const people = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'];
  const joined = people.flatMap((id, index) => [user(id, index), register(id, 'REF', index + 0.5)]);
  const qualified = people.slice(0, 4).map((id) => bought(id, 20));
  await load([user('ref', -30), code('REF', 'ref', -20), ...joined, ...qualified]);
  await score(db.pool, { now: NOW });
  await load([used('m5', 30)]);

  // Somebody holds the balance, so that the payment stops between reading what is due and posting it.
  const holder = await db.pool.connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT 1 FROM credits.balances WHERE user_id = 'ref' FOR UPDATE`);
  const work: Promise<unknown>[] = [score(db.pool, { now: NOW })];
  try {
    await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    // The fifth qualification, which comes late, makes silver of what was earned after it.
    work.push(load([bought('m4', 25)]));
    await expect.poll(waiting, { timeout: 20_000 }).toBe(2);
  } finally {
    await holder.query('COMMIT');
    holder.release();
    await Promise.all(work);
  }
  expect(await verify(db.pool)).toEqual([]);
});
