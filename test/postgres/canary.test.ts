import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runUmpire } from '../support/scenario-command.ts';
import { migratedDatabase, openPool } from '../support/scenario-database.ts';

/** Addresses and devices in the forms in which they come, and what must not be found of them. */
const V4 = '203.0.113.77';
const MAPPED = '::ffff:203.0.113.78';
const V6 = '2001:DB8:CAFE::77';
const DEVICE = 'canary-device-9f41';
const AGENT = 'CanaryBrowser/7.1';
const EMAILS = ['kanarienvogel@secret-mail.example', 'kanarienvogeI@secret-mail.example', 'goldfinch@mailinator.com'];
const NEVER = [V4, '203.0.113.78', '2001:db8:cafe', '2001:0db8:cafe', DEVICE, AGENT, 'CanaryBrowser'];

const NOW = '2026-03-10T12:00:00Z';
const events = [
  { type: 'user.created', at: '2026-01-01T10:00:00Z', user: { id: 'rob', name: 'Rob Roy', email: EMAILS[0] } },
  { type: 'user.created', at: '2026-03-01T10:00:00Z', user: { id: 'rae', name: 'Rae Ray', email: EMAILS[1] } },
  { type: 'user.created', at: '2026-03-01T10:00:00Z', user: { id: 'sue', name: 'Sue Sun', email: EMAILS[2] } },
  { type: 'user.created', at: '2026-03-02T10:00:00Z', user: { id: 'taken', name: 'Ted', email: EMAILS[2] } },
  { type: 'code.created', at: '2026-01-02T10:00:00Z', code: { code: 'ROB', userId: 'rob', type: 'custom' } },
  {
    type: 'user.seen',
    at: '2026-01-03T10:00:00Z',
    userId: 'rob',
    context: 'login',
    ip: V4,
    device: DEVICE,
    userAgent: AGENT,
  },
  { type: 'user.seen', at: '2026-01-03T11:00:00Z', userId: 'rob', context: 'login', ip: V6 },
  { type: 'code.validated', at: '2026-03-01T10:00:00Z', code: 'ROB', ip: V4, device: DEVICE },
  {
    type: 'referral.registered',
    at: '2026-03-01T11:00:00Z',
    refereeId: 'rae',
    code: 'ROB',
    ip: V4,
    device: DEVICE,
    userAgent: AGENT,
    ipType: 'vpn',
  },
  {
    type: 'referral.registered',
    at: '2026-03-01T11:01:00Z',
    refereeId: 'sue',
    code: 'ROB',
    ip: V6,
    device: DEVICE,
    ipType: 'tor',
  },
  {
    type: 'referral.registered',
    at: '2026-03-01T11:02:00Z',
    refereeId: 'nobody',
    code: 'ROB',
    ip: MAPPED,
    device: DEVICE,
  },
  { type: 'credits.purchased', at: '2026-03-01T12:00:00Z', userId: 'rae', amount: 100 },
  {
    type: 'pattern.created',
    at: '2026-01-01T10:00:00Z',
    pattern: { patternType: 'ip_range', patternValue: V4, severity: 'high', scoreImpact: 10 },
  },
  {
    type: 'pattern.created',
    at: '2026-01-01T10:00:00Z',
    pattern: { patternType: 'device_pattern', patternValue: DEVICE, severity: 'high', scoreImpact: 10 },
  },
  {
    type: 'pattern.created',
    at: '2026-01-01T10:00:00Z',
    pattern: { patternType: 'device_pattern', patternValue: '/Canary.*7/', severity: 'high', scoreImpact: 10 },
  },
  // Bad in ways that tempt a message to quote them.
  { type: 'user.seen', at: '2026-03-01T12:00:00Z', userId: 'rob', context: 'login', ip: `${V4}.9` },
  {
    type: 'user.created',
    at: '2026-03-01T12:00:00Z',
    user: { id: 'bad', name: 'Bad', email: `${EMAILS[0]}@${EMAILS[1]}` },
  },
  { type: 'user.seen', at: V4, userId: 'rob', context: EMAILS[0], ip: V4 },
].map((event, index) => ({ id: `c${index}`, ...event }));

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let pool: Pool;
let folder: string;
/** What the commands said: all of it but the case itself, which shows an analyst whom it is about. */
let said = '';
let shown = '';
let rejected: { readonly line: number; readonly reason: string; readonly text: string }[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  pool = openPool(database.url);
  folder = await mkdtemp(join(tmpdir(), 'umpire-canary-'));
  const file = join(folder, 'events.jsonl');
  await writeFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const item = async (): Promise<string> =>
    (await pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id LIMIT 1')).rows[0]?.id ??
    'none';
  const run = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await runUmpire([...args, '--now', NOW, '--database-url', database.url]);
    if (args[0] === 'case') shown += stdout;
    else said += `${args[0]}\n${stdout}\n`;
    said += `${stderr}\n`;
  };
  await run('import', file, '--json');
  rejected = (await readFile(`${file}.rejected.jsonl`, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as (typeof rejected)[number]);
  await run('import', file);
  await run('score');
  await run('score', '--all');
  await run('queue');
  await run('case', await item());
  await run('case', await item(), '--json');
  await run('decide', await item(), 'approve', '--reason', 'household');
  await run('try-pattern', 'email_domain', 'secret-mail.example');
  await run('try-pattern', 'email_domain', 'secret-mail.example', '--json');
  await run('stats');
  await run('verify', '--json');
  // A failure in the middle of the work: what the database says then is written down.
  await pool.query('ALTER TABLE referrals.bonus_events ADD CONSTRAINT broken CHECK (credits_final < 0) NOT VALID');
  await pool.query(`UPDATE umpire.users SET email_free = true`);
  await writeFile(
    file,
    `${JSON.stringify({ id: 'late', type: 'credits.used', at: '2026-03-02T12:00:00Z', userId: 'sue', appId: 'todo', amount: 1 })}\n`,
  );
  await run('import', file);
  await run('score', '--all');
  await pool.query('ALTER TABLE referrals.bonus_events DROP CONSTRAINT broken');
});

afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Where one of these texts is found in any row of any table: `schema.table`. */
async function found(texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const hits: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} AS t`);
    if (rows.some(({ row }) => texts.some((text) => row.toLowerCase().includes(text.toLowerCase())))) hits.push(name);
  }
  return hits;
}

test('no address, device or user agent is in any table, but for what an administrator looks for', async () => {
  // A pattern is what an administrator wrote, and not what somebody was seen with.
  expect(await found(NEVER)).toEqual(['referrals.fraud_patterns', 'umpire.pattern_states']);
  const { rows } = await pool.query<{ signals: string }>(
    `SELECT fraud_signals AS signals FROM referrals.relationships WHERE referee_id = 'rae'`,
  );
  expect(rows[0]?.signals.match(/pattern:/g)).toHaveLength(3);
});

test('an e-mail address is where the user is, and in what waits for it', async () => {
  expect(await found(EMAILS)).toEqual(['auth.users', 'umpire.events']);
  const { rows } = await pool.query<{ event_id: string }>(
    `SELECT event_id FROM umpire.events WHERE content::text LIKE '%@%' OR waits_for LIKE '%@%'`,
  );
  expect(rows).toEqual([{ event_id: 'c3' }]);
});

test('nothing of it is in what the commands say', () => {
  expect(said).toContain('(referrals.bonus_events.broken)');
  expect([...NEVER, ...EMAILS].filter((text) => said.toLowerCase().includes(text.toLowerCase()))).toEqual([]);
});

test('a case shows addresses and devices as short hashes', () => {
  expect(shown).toContain('Both used address');
  expect(NEVER.filter((text) => shown.toLowerCase().includes(text.toLowerCase()))).toEqual([]);
});

test('a refused line is quoted in the file beside its own, and its reason quotes nothing', async () => {
  expect(rejected.map(({ line }) => line)).toEqual([16, 17, 18]);
  const reasons = rejected.map(({ reason }) => reason).join();
  expect([...NEVER, ...EMAILS].filter((text) => reasons.includes(text))).toEqual([]);
  expect((await stat(join(folder, 'events.jsonl.rejected.jsonl'))).mode & 0o777).toBe(0o600);
});
