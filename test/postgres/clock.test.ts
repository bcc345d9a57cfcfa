import { afterEach, beforeEach, expect, test } from 'vitest';
import { advanceStages } from '../../core/programme/jobs/advance-stages.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const registered = (): Story =>
  new Story()
    .user('2025-01-01T10:00:00Z', 'rob', 'Rob', 'rob@first.example')
    .code('2025-01-02T10:00:00Z', 'rob', 'ROB')
    .user('2026-03-01T09:00:00Z', 'rae', 'Rae', 'rachel@second.example')
    .registered('2026-03-01T10:00:00Z', 'rae', 'ROB', '192.0.2.1');

async function stage(): Promise<object> {
  const { rows } = await db.pool.query<object>(`SELECT status, activated_at, retained_at FROM referrals.relationships`);
  return rows[0] ?? {};
}

test('an early usage that one machine saw count still counts for one whose clock is behind', async () => {
  const story = registered().used('2026-03-01T10:00:10Z', 'rae', 'todo');
  await tell(db.pool, story.events, new Date('2026-03-01T10:01:00Z'));
  expect(await stage()).toMatchObject({ status: 'registered' });
  await advanceStages(db.pool, new Date('2026-03-01T10:05:00Z'));
  const activated = { status: 'activated', activated_at: new Date('2026-03-01T10:05:00Z') };
  expect(await stage()).toMatchObject(activated);
  await tell(db.pool, story.used('2026-03-01T10:04:50Z', 'rae', 'mail').events, new Date('2026-03-01T10:04:58Z'));
  expect(await stage()).toMatchObject(activated);
  expect(await verify(db.pool)).toEqual([]);
});

test('who was retained stays so when a machine with an old clock brings more of their usage', async () => {
  const story = registered().bought('2026-03-03T10:00:00Z', 'rae').used('2026-04-05T10:00:00Z', 'rae', 'todo');
  await tell(db.pool, story.events, new Date('2026-04-06T10:00:00Z'));
  const retained = { status: 'retained', retained_at: new Date('2026-04-05T10:00:00Z') };
  expect(await stage()).toMatchObject(retained);
  await tell(db.pool, story.used('2026-03-02T10:00:00Z', 'rae', 'mail').events, new Date('2026-03-05T10:00:00Z'));
  expect(await stage()).toMatchObject(retained);
  expect(await verify(db.pool)).toEqual([]);
});

test('an early usage counts after five minutes though a purchase is dated after the clock', async () => {
  const story = registered().used('2026-03-01T10:00:10Z', 'rae', 'todo').bought('2026-03-02T10:00:00Z', 'rae');
  await tell(db.pool, story.events, new Date('2026-03-01T10:01:00Z'));
  expect(await stage()).toMatchObject({ status: 'qualified', activated_at: new Date('2026-03-01T10:05:00Z') });
  expect(await verify(db.pool)).toEqual([]);
});

test('what was paid before its referral was blocked is no violation, though the clock that blocked it was behind', async () => {
  const story = registered();
  await tell(db.pool, story.events, new Date('2026-03-06T10:00:00Z'));
  const pattern = {
    patternType: 'email_domain',
    patternValue: 'second.example',
    severity: 'critical',
    scoreImpact: 90,
  };
  story.events.push({ id: 'pattern', type: 'pattern.created', at: '2026-03-04T10:00:00Z', pattern });
  await tell(db.pool, story.events, new Date('2026-03-05T10:00:00Z'));
  const { rows } = await db.pool.query('SELECT is_flagged FROM referrals.relationships');
  expect(rows).toEqual([{ is_flagged: true }]);
  expect(await verify(db.pool)).toEqual([]);
});
