import { afterEach, beforeEach, expect, test } from 'vitest';
import { score } from '../../core/engine/score.ts';
import { verify } from '../../core/programme/verify.ts';
import { type BackEnd, openBackEnd } from '../support/back-end.ts';
import {
  at,
  code,
  crowd,
  pattern,
  referee,
  register,
  type ScenarioEvent,
  used,
  user,
} from '../support/scenario-events.ts';

const IP = '203.0.113.9';
const rob = [user('rob', '-60d'), code('ROB', 'rob', '-50d')];
const REFERRALS = `SELECT referee_id || ' by ' || referrer_id AS value FROM referrals.relationships ORDER BY 1`;

let app: BackEnd;
beforeEach(async () => {
  app = await openBackEnd();
});
afterEach(async () => {
  const violations = await verify(app.pool);
  await app.end();
  if (violations.length > 0) throw new Error(JSON.stringify(violations));
});

test('an account and its referral are there together, or neither is', async () => {
  await app.load(rob);
  const insert = `INSERT INTO auth.users (id, name, email) VALUES ('rae', 'Rae Ash', 'rae+1@mailinator.com')`;
  await app.client.query('BEGIN');
  await app.client.query(insert);
  const first = await app.umpire.registerReferral(app.client, { refereeId: 'rae', code: 'ROB', ip: IP });
  await app.client.query('ROLLBACK');
  expect([first.outcome, await app.column('SELECT id AS value FROM auth.users')]).toEqual(['accepted', ['rob']]);
  expect(await app.column('SELECT id AS value FROM referrals.relationships')).toEqual([]);

  const second = await app.commit(async () => {
    await app.client.query(insert);
    return app.umpire.registerReferral(app.client, { refereeId: 'rae', code: ' rob ', ip: IP, sourceAppId: 'chat' });
  });
  const [relationshipId] = await app.column('SELECT id::text AS value FROM referrals.relationships');
  expect(second).toEqual({ outcome: 'accepted', relationshipId, repeated: false });
  // What the product wrote of the account is what the engine compares.
  await score(app.pool, { now: new Date(at('+1h')) });
  expect(await app.column('SELECT fraud_signals AS value FROM referrals.relationships')).toEqual([
    '["disposable_email"]',
  ]);
});

test('every reason of the specification is an answer, and no error', async () => {
  const [many, fifty] = [crowd(70), crowd(70).slice(20)];
  await app.load([
    ...rob,
    user('sue', '-60d'),
    user('new', '-1h'),
    code('OFF', 'sue', '-50d', { maxUses: 5 }),
    { id: 'off', type: 'code.updated', at: at('-40d'), code: { code: 'OFF', isActive: false } },
    code('OLD', 'sue', '-50d', { expiresAt: at('-1d') }),
    code('FULL', 'sue', '-50d', { maxUses: 0 }),
    code('CAMPAIGN', 'sue', '-50d', { type: 'campaign' }),
    code('SUE', 'sue', '-50d'),
    ...many.slice(0, 20).flatMap((name) => referee(name, 'SUE', '-2h')),
    ...fifty.flatMap((name) => referee(name, 'CAMPAIGN', '-2h')),
  ]);
  const reasons = [];
  for (const [refereeId, typed] of [
    ['new', 'NONE'],
    ['new', ' '],
    ['new', '\u0000'],
    ['new', 'x'.repeat(200)],
    ['new', 'OFF'],
    ['new', 'OLD'],
    ['new', 'FULL'],
    ['rob', 'ROB'],
    ['kaa', 'ROB'],
    ['new', 'SUE'],
    ['new', 'CAMPAIGN'],
    ['ghost', 'ROB'],
    ['new', 'ROB'],
  ] as const) {
    const answer = await app.join(refereeId, typed);
    reasons.push(answer.outcome === 'refused' ? answer.reason : answer.outcome);
  }
  expect(reasons.join(' ')).toBe(
    'invalid_code invalid_code invalid_code invalid_code code_inactive code_expired code_max_uses ' +
      'self_referral already_referred rate_limited rate_limited unknown_user accepted',
  );
});

test('what a caller was told stands, whatever an import brings later', async () => {
  await app.load([...rob, user('sue', '-60d'), code('SUE', 'sue', '-50d', { maxUses: 1 })]);
  await app.load([user('rae', '-2h'), user('ray', '-2h'), user('roy', '-2h')]);
  const told = [await app.join('rae', 'SUE'), await app.join('ray', 'LATER'), await app.join('new', 'ROB')];
  expect(told.map(({ outcome }) => outcome)).toEqual(['accepted', 'refused', 'refused']);
  // Earlier than what was told: the referee, the last use, the code, the account.
  const report = await app.load([
    register('rae', 'ROB', '-1h'),
    register('roy', 'SUE', '-1h'),
    code('LATER', 'rob', '-3d'),
    user('new', '-3d'),
  ]);
  expect(report.refused).toEqual({ already_referred: 1, code_max_uses: 1 });
  expect(await app.column(REFERRALS)).toEqual(['rae by sue']);
});

test('the earlier of an import and a call has the referee', async () => {
  await app.load([...rob, user('sue', '-60d'), code('SUE', 'sue', '-50d'), ...referee('rae', 'ROB', '-1h')]);
  expect(await app.join('rae', 'SUE')).toEqual({ outcome: 'refused', reason: 'already_referred', repeated: false });
  // An import may also tell of what is yet to happen.
  await app.load(referee('ray', 'ROB', '+2d'));
  expect(await app.join('ray', 'SUE')).toMatchObject({ outcome: 'accepted' });
  expect(await app.column(REFERRALS)).toEqual(['rae by rob', 'ray by sue']);
});

test('the same event id is answered the same and has one effect', async () => {
  await app.load([...rob, user('rae', '-1h'), user('ray', '-1h')]);
  const first = await app.join('rae', 'ROB', { eventId: 'a' });
  const refused = await app.join('rae', 'ROB', { eventId: 'b' });
  const unknown = await app.join('ghost', 'ROB', { eventId: 'c' });
  app.clock('+3d');
  expect(await app.join('rae', 'ROB', { eventId: 'a' })).toEqual({ ...first, repeated: true });
  expect(await app.join('rae', 'ROB', { eventId: 'b' })).toEqual({ ...refused, repeated: true });
  expect(await app.join('ghost', 'ROB', { eventId: 'c' })).toEqual({ ...unknown, repeated: true });
  expect(await app.column(REFERRALS)).toEqual(['rae by rob']);
});

test('an event id used for something else is an error by name, after which the transaction goes on', async () => {
  await app.load([...rob, user('rae', '-1h'), { ...used('rae', '-1m'), id: 'imported' }]);
  const call = (eventId: string, refereeId: string) =>
    app.umpire.registerReferral(app.client, { refereeId, code: 'ROB', ip: IP, eventId });
  await app.client.query('BEGIN');
  await call('a', 'ghost');
  await expect(call('a', 'rae')).rejects.toMatchObject({ name: 'UmpireError', code: 'id_reused' });
  await expect(call('imported', 'rae')).rejects.toMatchObject({ name: 'UmpireError', code: 'id_reused' });
  expect(await call('b', 'rae')).toMatchObject({ outcome: 'accepted' });
  await app.client.query('COMMIT');
  expect(await app.column(REFERRALS)).toEqual(['rae by rob']);
});

test('several calls in one transaction see each other', async () => {
  const answers = await app.commit(async () => {
    const { client, umpire } = app;
    for (const id of ['rob', 'rae']) {
      await umpire.record(client, { type: 'user.created', user: { id, name: `${id} Ash`, email: `${id}@firm.de` } });
    }
    const code = await umpire.autoCode(client, 'rob');
    if (code.outcome === 'refused') throw new Error(code.reason);
    const joined = await umpire.registerReferral(client, { refereeId: 'rae', code: code.code, ip: IP });
    await umpire.record(client, { type: 'credits.purchased', userId: 'rae', amount: 50 });
    return [code.outcome, joined.outcome, (await umpire.lookUpCode(client, { code: code.code, ip: IP })).outcome];
  });
  expect(answers).toEqual(['created', 'accepted', 'found']);
  expect(await app.column('SELECT status::text AS value FROM referrals.relationships')).toEqual(['qualified']);
});

test('who switches a code off finds it off, though the clock was set back in between', async () => {
  await app.load([...rob, user('rae', '-1h'), user('ray', '-1h')]);
  const off = { type: 'code.updated', code: { code: 'ROB', isActive: false } } as const;
  await app.commit(() => app.umpire.record(app.client, off));
  app.clock('-2h');
  expect(await app.join('rae', 'ROB')).toMatchObject({ reason: 'code_inactive' });
  await app.commit(() => app.umpire.record(app.client, { ...off, code: { code: 'ROB', isActive: true } }));
  expect(await app.join('rae', 'ROB')).toMatchObject({ outcome: 'accepted' });
});

test('usage after a registration counts, though the clock was set back in between', async () => {
  await app.load([...rob, user('rae', '-1h')]);
  await app.join('rae', 'ROB');
  app.clock('-30d');
  await app.commit(() => app.umpire.record(app.client, { type: 'credits.purchased', userId: 'rae', amount: 10 }));
  expect(await app.column('SELECT status::text AS value FROM referrals.relationships')).toEqual(['qualified']);
});

test('a limit is kept by a clock that runs back and forth, and one wrong time stops nobody else', async () => {
  const people = crowd(24);
  await app.load([...rob, user('sue', '-60d'), code('SUE', 'sue', '-50d')]);
  await app.load(people.map((name) => user(name, '-1h')));
  const answers = [];
  for (const [index, name] of people.slice(0, 22).entries()) {
    app.clock(index % 2 === 0 ? '0' : '-6h');
    const answer = await app.join(name, 'ROB');
    answers.push(answer.outcome === 'refused' ? answer.reason : answer.outcome);
  }
  expect(answers).toEqual([...people.slice(0, 20).map(() => 'accepted'), 'rate_limited', 'rate_limited']);
  app.clock('+3000d');
  await app.join(people[22] ?? '', 'ROB');
  app.clock('+1h');
  await app.join(people[23] ?? '', 'SUE');
  expect(await app.column(`SELECT at AS value FROM umpire.registrations WHERE code = 'SUE'`)).toEqual([
    new Date(at('+1h')),
  ]);
});

test('raw addresses and user agents are matched when they arrive, also by a pattern that was written with SQL', async () => {
  await app.load([...rob, user('rae', '-1h'), pattern('ip_range', '198.51.100.0/25', 40)]);
  await app.pool.query(
    `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact) VALUES ('device_pattern', '/Headless/', 30)`,
  );
  await app.join('rae', 'ROB', { ip: '198.51.100.7', userAgent: 'HeadlessChrome/1' });
  await score(app.pool, { now: new Date(at('+1h')) });
  expect(await app.column('SELECT fraud_score AS value FROM referrals.relationships')).toEqual([70]);
});

test('events of an import that waited for an account are applied when it is there', async () => {
  const waiting: ScenarioEvent[] = [register('rae', 'ROB', '-1h'), used('rae', '-30m'), used('ray', '-30m')];
  expect((await app.load([...rob, ...waiting])).parked).toBe(3);
  await app.commit(() =>
    app.umpire.record(app.client, { type: 'user.created', user: { id: 'rae', name: 'Rae', email: 'rae@firm.de' } }),
  );
  expect(await app.column('SELECT status::text AS value FROM referrals.relationships')).toEqual(['activated']);
  // Ray's account is one that the product wrote itself.
  await app.pool.query(`INSERT INTO auth.users (id, name, email) VALUES ('ray', 'Ray', 'ray@firm.de')`);
  await app.join('ray', 'ROB');
  expect(await app.column('SELECT user_id AS value FROM umpire.usages ORDER BY 1')).toEqual(['rae', 'ray']);
});
