import { afterEach, beforeEach, expect, test } from 'vitest';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const SCORED = new Date('2026-03-10T12:00:00Z');
const hours = (count: number): Date => new Date(SCORED.getTime() + count * 3_600_000);

/** One referral from an address of its referrer: 30 points, the medium band. */
async function mediumReferral(): Promise<void> {
  const story = new Story()
    .user('2026-01-01T10:00:00Z', 'rob', 'Rob', 'rob.first@example.com')
    .code('2026-01-02T10:00:00Z', 'rob', 'ROB')
    .seen('2026-03-01T10:00:00Z', 'rob', '192.0.2.1')
    .user('2026-03-09T10:00:00Z', 'rae', 'Rae', 'other@example.net')
    .registered('2026-03-09T11:00:00Z', 'rae', 'ROB', '192.0.2.1');
  await tell(db.pool, story.events, SCORED);
}

async function statuses(): Promise<string[]> {
  const { rows } = await db.pool.query<{ status: string }>('SELECT DISTINCT status::text FROM referrals.bonus_events');
  return rows.map(({ status }) => status);
}

test('a hold of the medium band is paid when its 48 hours are over, and not before', async () => {
  await mediumReferral();
  expect(await releaseHolds(db.pool, new Date(hours(48).getTime() - 1))).toBe(0);
  expect(await statuses()).toEqual(['held']);
  expect(await releaseHolds(db.pool, hours(48))).toBe(2);
  expect(await statuses()).toEqual(['paid']);
  expect(await verify(db.pool)).toEqual([]);
});

test('two machines that release the same holds pay them once', async () => {
  await mediumReferral();
  const paid = await Promise.all(Array.from({ length: 6 }, () => releaseHolds(db.pool, hours(49))));
  expect(paid.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(await verify(db.pool)).toEqual([]);
});

test('what waits to be scored is not paid: its band may be about to rise', async () => {
  await mediumReferral();
  await db.pool.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire.referrals');
  expect(await releaseHolds(db.pool, hours(49))).toBe(0);
});
