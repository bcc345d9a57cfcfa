import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { autoCode } from '../../core/programme/live/codes.ts';
import type { LookUpAnswer } from '../../core/library.ts';
import { type BackEnd, openBackEnd, SECRET } from '../support/back-end.ts';
import { at, code, type ScenarioEvent, user } from '../support/scenario-events.ts';

let app: BackEnd;
beforeEach(async () => {
  app = await openBackEnd();
});
afterEach(() => app.end());

const create = (userId: string, text: string, more: object = {}): Promise<string> =>
  app
    .commit(() => app.umpire.createCode(app.client, { userId, code: text, ...more }))
    .then((answer) => (answer.outcome === 'refused' ? answer.reason : answer.code));

const lookUp = (text: string, ip = '203.0.113.9'): Promise<LookUpAnswer> =>
  app.commit(() => app.umpire.lookUpCode(app.client, { code: text, ip }));

test('a custom code is trimmed, in upper case, and nobody else’s', async () => {
  await app.load([user('rob', '-1h'), user('sue', '-1h')]);
  expect([
    await create('rob', ' rob-1 '),
    await create('sue', 'ROB-1'),
    await create('sue', 'x'),
    await create('sue', 'with space'),
    await create('ghost', 'GHOST'),
    await create('sue', 'SPRING', { type: 'campaign', maxUses: 3, expiresAt: at('+1d'), sourceAppId: 'chat' }),
  ]).toEqual(['ROB-1', 'code_taken', 'malformed', 'malformed', 'unknown_user', 'SPRING']);
  expect(
    await app.column(
      `SELECT concat_ws(' ', code, user_id, type, max_uses, source_app_id) AS value FROM referrals.codes ORDER BY 1`,
    ),
  ).toEqual(['ROB-1 rob custom', 'SPRING sue campaign 3 chat']);
});

test('the eleventh custom code within the hour is refused, and exactly an hour after the first there is room', async () => {
  await app.load([user('rob', '-1h')]);
  const first = [];
  for (let minute = 0; minute < 10; minute += 1) {
    app.clock(`+${minute}m`);
    first.push(await create('rob', `ROB-${minute}`));
  }
  app.clock('+59m59.999s');
  const eleventh = await create('rob', 'ROB-10');
  const campaign = await create('rob', 'CAMPAIGN', { type: 'campaign' });
  app.clock('+60m');
  expect([...first.slice(0, 2), eleventh, campaign, await create('rob', 'ROB-10')]).toEqual([
    'ROB-0',
    'ROB-1',
    'rate_limited',
    'CAMPAIGN',
    'ROB-10',
  ]);
  expect(
    await app.column(
      `SELECT DISTINCT concat_ws(' ', identifier, identifier_type, action, count) AS value FROM referrals.rate_limits`,
    ),
  ).toEqual(['rob user code_creation 1']);
});

test('a code that was made stands, though somebody turns out to have made it before', async () => {
  await app.load([user('rob', '-60d'), user('sue', '-60d')]);
  await create('rob', 'MINE');
  expect((await app.load([code('MINE', 'sue', '-1d')])).refused).toEqual({ code_taken: 1 });
  expect(await app.column('SELECT user_id AS value FROM referrals.codes')).toEqual(['rob']);
});

test('a user has one automatic code, of six characters that are not mistaken for one another', async () => {
  await app.pool.query(`INSERT INTO auth.users (id, name, email) VALUES ('rob', 'Rob Ash', 'rob@firm.de')`);
  const ask = (userId: string) => app.commit(() => app.umpire.autoCode(app.client, userId));
  const first = await ask('rob');
  expect(first).toMatchObject({ outcome: 'created', code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{6}$/) });
  expect(await ask('rob')).toEqual({ ...first, outcome: 'found' });
  expect(await ask('ghost')).toEqual({ outcome: 'refused', reason: 'unknown_user' });
});

test('an automatic code that somebody has already is drawn again', async () => {
  await app.load([user('rob', '-1h'), user('sue', '-1h'), code('AAAAAA', 'sue', '-30m', { type: 'auto' })]);
  const drawn = ['AAAAAA', 'AAAAAA', 'BBBBBB'];
  const live = { key: hashKey(SECRET), clock: () => null };
  const answer = await app.commit(() => autoCode(app.client, live, 'rob', () => drawn.shift() ?? 'none left'));
  expect([answer, drawn]).toEqual([{ outcome: 'created', code: 'BBBBBB' }, []]);
});

test('a look-up tells whose code it is by first name and initial, and only of one that can be used', async () => {
  const named = (id: string, name: string): ScenarioEvent => ({
    ...user(id, '-60d'),
    user: { id, name, email: `${id}@gmail.com` },
  });
  await app.load([
    named('rob', 'Till Emil  Schneider'),
    named('sue', 'sue@firm.de'),
    named('gone', 'Gone Away'),
    code('TILL', 'rob', '-50d', { sourceAppId: 'chat' }),
    code('SUE', 'sue', '-50d', { type: 'campaign' }),
    code('OLD', 'rob', '-50d', { expiresAt: at('0') }),
    code('FULL', 'rob', '-50d', { maxUses: 0 }),
    code('OFF', 'rob', '-50d'),
    { id: 'off', type: 'code.updated', at: at('-1d'), code: { code: 'OFF', isActive: false } },
    code('GONE', 'gone', '-50d'),
    { id: 'gone', type: 'user.deleted', at: at('-1d'), userId: 'gone' },
  ]);
  expect(await lookUp(' till ')).toEqual({
    outcome: 'found',
    code: 'TILL',
    type: 'custom',
    referrer: 'Till S.',
    sourceAppId: 'chat',
  });
  // An address in the place of a name is shown to nobody.
  expect(await lookUp('SUE')).toMatchObject({ outcome: 'found', referrer: null });
  for (const text of ['OLD', 'FULL', 'OFF', 'GONE', 'NONE', '', '\u0000', 'x'.repeat(200)]) {
    expect([text, await lookUp(text)]).toEqual([text, { outcome: 'not_found' }]);
  }
});

test('twenty look-ups a minute from one address, by the exact window, found or not', async () => {
  const outcomes = async (count: number, ip?: string): Promise<string> => {
    const answers = [];
    for (let index = 0; index < count; index += 1) answers.push((await lookUp('NONE', ip)).outcome);
    return answers.join(' ');
  };
  const times = (count: number): string => Array.from({ length: count }, () => 'not_found').join(' ');
  expect(await outcomes(5)).toBe(times(5));
  app.clock('+30s');
  expect(await outcomes(16)).toBe(`${times(15)} rate_limited`);
  // The same address, written otherwise, and another one.
  expect(await lookUp('NONE', '::ffff:203.0.113.9')).toEqual({
    outcome: 'rate_limited',
    retryAt: new Date(at('+60s')),
  });
  expect((await lookUp('NONE', '203.0.113.10')).outcome).toBe('not_found');
  app.clock('+59.999s');
  expect(await outcomes(1)).toBe('rate_limited');
  app.clock('+60s');
  expect(await outcomes(6)).toBe(`${times(5)} rate_limited`);
  // A clock that was set back by half a minute makes no room: the later minute is full.
  app.clock('+20s');
  expect(await outcomes(1)).toBe('rate_limited');
  // One that was wrong by a day locks nobody out.
  app.clock('-1d');
  expect(await outcomes(1)).toBe('not_found');
});

test('what limits count names addresses by keyed hash alone', async () => {
  await lookUp('NONE', '203.0.113.9');
  const [row] = await app.column('SELECT to_jsonb(l) AS value FROM referrals.rate_limits AS l');
  expect(row).toMatchObject({
    identifier: hashKey(SECRET).hash('203.0.113.9'),
    identifier_type: 'ip',
    action: 'code_validation',
    count: 1,
    window_start: '2026-03-10T12:00:00+00:00',
    window_end: '2026-03-10T12:01:00+00:00',
  });
});
