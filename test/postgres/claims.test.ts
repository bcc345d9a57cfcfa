import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TRACKABLE_APPS } from '../../core/domain/constants.ts';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { decide } from '../../core/review/decide.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const HOUR = 3_600_000;
const START = Date.parse('2026-03-10T00:00:00Z');
const at = (hours: number): string => new Date(START + hours * HOUR).toISOString();
const clock = (hours: number): Date => new Date(START + hours * HOUR);
const APPS = TRACKABLE_APPS.filter((app) => app !== 'chat');

/** Referrals of Rob, one every two hours, each worth 14 bonuses to him: registered, activated and one for each other app. */
function busyDay(referrals: number, where: (index: number) => string = (index) => `198.51.100.${index}`): Story {
  const story = new Story()
    .user('2025-01-01T10:00:00Z', 'rob', 'Rob', 'rob@first.example')
    .code('2025-01-02T10:00:00Z', 'rob', 'ROB')
    .seen('2026-03-01T10:00:00Z', 'rob', '192.0.2.1');
  for (let index = 0; index < referrals; index += 1) addReferral(story, index, where(index));
  return story;
}

function addReferral(story: Story, index: number, ip: string, hours = 2 * index, code = 'ROB'): void {
  const name = `referee${String.fromCodePoint(97 + index)}`;
  story.user(at(-1), name, name, `${name.repeat(2)}${index}@${name}.example`).registered(at(hours), name, code, ip);
  APPS.forEach((app, position) => story.used(at(hours + 0.1 + position / 100), name, app));
}

type Bonus = {
  readonly at: number;
  readonly status: string;
  readonly reason: string | null;
  readonly until: Date | null;
};

/** The bonuses of Rob in event order. */
async function ofRob(): Promise<Bonus[]> {
  const { rows } = await db.pool.query<{ at: Date; status: string; reason: string | null; until: Date | null }>(
    `SELECT f.at, b.status, b.hold_reason AS reason, b.hold_until AS until
     FROM referrals.bonus_events AS b JOIN umpire.bonuses AS f ON f.bonus_id = b.id
     WHERE b.user_id = 'rob' ORDER BY f.at, f.event_id, b.event_type, b.app_id COLLATE "C"`,
  );
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}

/** SPEC 2: payable_i = max(t_i, payable_{i−100} + 24 h). */
function payable(times: readonly number[]): number[] {
  const result: number[] = [];
  times.forEach((time, index) => {
    const before = result[index - 100];
    result.push(before === undefined ? time : Math.max(time, before + 24 * HOUR));
  });
  return result;
}

test('of a referrer’s bonuses within 24 hours a hundred are paid, and the others when their time has come', async () => {
  await tell(db.pool, busyDay(8).events, clock(20));
  const bonuses = await ofRob();
  expect(bonuses).toHaveLength(8 * 13 + 8);
  expect(bonuses.slice(0, 100).every(({ status }) => status === 'paid')).toBe(true);
  const due = payable(bonuses.map(({ at: time }) => time));
  expect(bonuses.slice(100)).toEqual(
    bonuses.slice(100).map((bonus, index) => ({
      at: bonus.at,
      status: 'held',
      reason: 'rate_limited',
      until: new Date(due[100 + index] ?? 0),
    })),
  );
  const first = due[100] ?? 0;
  expect(await releaseHolds(db.pool, new Date(first - 1))).toBe(0);
  expect(await releaseHolds(db.pool, new Date(first))).toBe(due.filter((time) => time === first).length);
  expect(await verify(db.pool)).toEqual([]);
  expect(await releaseHolds(db.pool, clock(72))).toBe(12 - due.filter((time) => time === first).length);
  expect((await ofRob()).every(({ status }) => status === 'paid')).toBe(true);
  expect(await verify(db.pool)).toEqual([]);
});

test('the referee’s own bonus is never limited', async () => {
  await tell(db.pool, busyDay(9).events, clock(20));
  const { rows } = await db.pool.query(
    `SELECT DISTINCT b.status FROM referrals.bonus_events AS b WHERE b.user_id <> 'rob'`,
  );
  expect(rows).toEqual([{ status: 'paid' }]);
});

test('the times of long queues are those of the recurrence', async () => {
  const story = busyDay(30);
  await tell(db.pool, story.events, clock(-1));
  const { rows } = await db.pool.query<{ at: Date; due: Date }>(
    `SELECT f.at, p.at AS due
     FROM (SELECT array_agg(id) AS ids FROM referrals.bonus_events WHERE user_id = 'rob') AS i
     CROSS JOIN LATERAL umpire.payable_at(i.ids) AS p
     JOIN umpire.bonuses AS f ON f.bonus_id = p.bonus_id JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
     ORDER BY f.at, f.event_id, b.event_type, b.app_id COLLATE "C"`,
  );
  expect(rows.length).toBeGreaterThan(300);
  expect(rows.map(({ due }) => due.getTime())).toEqual(payable(rows.map(({ at: time }) => time.getTime())));
});

test('a bonus that becomes known late moves the time of those that wait', async () => {
  await tell(db.pool, busyDay(8).events, clock(20));
  const before = await ofRob();
  const story = busyDay(8);
  addReferral(story, 8, '198.51.100.200', 1.5);
  await tell(db.pool, story.events, clock(20.5));
  const after = await ofRob();
  expect(after).toHaveLength(before.length + 14);
  const due = payable(after.map(({ at: time }) => time));
  const waiting = after.flatMap((bonus, index) => (bonus.status === 'held' ? [{ bonus, due: due[index] }] : []));
  expect(waiting).toHaveLength(before.filter(({ status }) => status === 'held').length);
  expect(waiting.map(({ bonus }) => bonus.until?.getTime())).toEqual(waiting.map((one) => one.due));
  expect(await verify(db.pool)).toEqual([]);
});

test('an approval pays what may be paid, and the rest keeps its time', async () => {
  // The last one comes from an address and a device of Rob's: 80 points.
  const story = busyDay(7);
  story.seen(at(-2), 'rob', '203.0.113.9', 'phone');
  const name = 'zoe';
  story.user(at(-1), name, name, 'zoe@elsewhere.example').registered(at(14), name, 'ROB', '203.0.113.9', 'phone');
  APPS.forEach((app, position) => story.used(at(14.1 + position / 100), name, app));
  await tell(db.pool, story.events, clock(20));
  expect((await ofRob()).filter(({ reason }) => reason === 'fraud_high')).toHaveLength(14);

  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue');
  const [outcome] = await decide(
    db.pool,
    [{ decisionId: randomUUID(), itemId: rows[0]?.id ?? '', decision: 'approve', reason: 'household' }],
    { now: clock(21) },
  );
  const bonuses = await ofRob();
  const due = payable(bonuses.map(({ at: time }) => time));
  const held = bonuses.flatMap((bonus, index) => (bonus.status === 'held' ? [{ bonus, due: due[index] }] : []));
  expect(held.map(({ bonus }) => bonus.reason)).toEqual(Array(12).fill('rate_limited'));
  expect(held.map(({ bonus }) => bonus.until?.getTime())).toEqual(held.map((one) => one.due));
  expect(outcome).toMatchObject({ outcome: 'applied', paid: 5 + 10 + 25 });
  expect(await releaseHolds(db.pool, clock(60))).toBe(12);
  expect(await verify(db.pool)).toEqual([]);
});

test('a band that rises holds what waited for its time', async () => {
  await tell(db.pool, busyDay(8).events, clock(20));
  const story = busyDay(8);
  story.seen(at(-2), 'rob', '198.51.100.7', undefined);
  await tell(db.pool, story.events, clock(20.5));
  const held = (await ofRob()).filter(({ status }) => status === 'held');
  expect(held.map(({ reason }) => reason)).toEqual(Array(12).fill('fraud_medium'));
  expect(held.map(({ until }) => until?.getTime())).toEqual(Array(12).fill(clock(68.5).getTime()));
});

test('a medium hold that ends before its claim’s time waits for that, and is then paid', async () => {
  // A campaign of Rob's that brings 36 in a day; the last comes from where Rob was seen: 30 points.
  const story = busyDay(0);
  const campaign = { code: 'CAMPAIGN', userId: 'rob', type: 'campaign' };
  story.events.push({ id: 'campaign', type: 'code.created', at: '2025-01-02T10:00:00Z', code: campaign });
  for (let index = 0; index < 36; index += 1) {
    addReferral(story, index, index === 35 ? '192.0.2.1' : `198.51.100.${index}`, index / 2, 'CAMPAIGN');
  }
  await tell(db.pool, story.events, clock(20));
  const held = (await ofRob()).filter(({ reason }) => reason === 'fraud_medium');
  expect(held).toHaveLength(14);
  const due = payable((await ofRob()).map(({ at: time }) => time));
  expect(Math.max(...due)).toBeGreaterThan(clock(68).getTime());

  await releaseHolds(db.pool, clock(68));
  const waiting = (await ofRob()).filter(({ status }) => status === 'held');
  expect(new Set(waiting.map(({ reason }) => reason))).toEqual(new Set(['rate_limited']));
  expect(await verify(db.pool)).toEqual([]);
  // A score that says the same again does not begin another 48 hours.
  await markAllDirty(db.pool);
  await score(db.pool, { now: clock(69) });
  expect((await ofRob()).filter(({ status }) => status === 'held')).toEqual(waiting);
  await releaseHolds(db.pool, new Date(Math.max(...due)));
  expect((await ofRob()).every(({ status }) => status === 'paid')).toBe(true);
});

test('a claim is not paid before its event, which is so where the engine’s clock is behind; the referee’s own bonus is', async () => {
  await tell(db.pool, busyDay(2).events, clock(-24));
  const bonuses = await ofRob();
  expect(new Set(bonuses.map(({ reason }) => reason))).toEqual(new Set(['rate_limited']));
  expect(bonuses.map(({ until }) => until?.getTime())).toEqual(bonuses.map(({ at: time }) => time));
  const { rows } = await db.pool.query(`SELECT DISTINCT status FROM referrals.bonus_events WHERE user_id <> 'rob'`);
  expect(rows).toEqual([{ status: 'paid' }]);
  await releaseHolds(db.pool, clock(4));
  expect((await ofRob()).every(({ status }) => status === 'paid')).toBe(true);
});
