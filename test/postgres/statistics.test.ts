import { afterEach, beforeEach, expect, test } from 'vitest';
import { score } from '../../core/engine/score.ts';
import { advanceStages } from '../../core/programme/jobs/advance-stages.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { type DailyStat, dailyStats, refreshDailyStats, refreshStaleDays } from '../../core/programme/statistics.ts';
import { decide } from '../../core/review/decide.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { tell, tellDemo } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const NOW = new Date('2026-10-01T12:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);
const ALL = { from: null, to: null };

/** Every stored figure, global rows and those of each app. */
async function figures(): Promise<readonly string[]> {
  const { rows } = await db.pool.query<{ row: object }>(
    `select to_jsonb(s) - 'id' as row from referrals.daily_stats s order by date, app_id nulls first`,
  );
  return rows.map(({ row }) => JSON.stringify(row));
}

/** Some months of a programme: holds released, decisions, reversals, retention. */
async function lived(): Promise<void> {
  await tellDemo(db.pool, 400, NOW);
  // Paid ones come into the queue too, so that something can be taken back.
  const suspicion = { patternType: 'email_domain', patternValue: '/[aeiou]/', severity: 'high', scoreImpact: 60 };
  await tell(db.pool, [{ id: 'late', type: 'pattern.created', at: NOW.toISOString(), pattern: suspicion }], NOW);
  for (const day of [1, 4]) {
    await advanceStages(db.pool, later(day));
    await score(db.pool, { now: later(day) });
    await releaseHolds(db.pool, later(day));
    const { rows } = await db.pool.query<{ id: string }>(
      `select id from referrals.review_queue where status = 'pending' order by id limit 40`,
    );
    const calls = rows.map(({ id }, index) => ({
      decisionId: `00000000-0000-4000-8000-0000000${day}00${String(index).padStart(2, '0')}`,
      itemId: id,
      decision: index % 2 === 0 ? ('reject' as const) : ('approve' as const),
      reason: index % 2 === 0 ? 'account_farm' : 'household',
    }));
    const outcomes = await decide(db.pool, calls, { now: later(day) });
    if (!outcomes.every(({ outcome }) => outcome === 'applied')) throw new Error(JSON.stringify(outcomes));
  }
}

test('the job counts the days that changed, and comes to what a count of everything comes to', async () => {
  await lived();
  expect(await refreshStaleDays(db.pool)).toBeGreaterThan(30);
  const counted = await figures();
  expect(counted.length).toBeGreaterThan(60);
  await refreshDailyStats(db.pool, ALL);
  expect(await figures()).toEqual(counted);
  expect(await refreshStaleDays(db.pool)).toBe(0);

  // What happens on one day later leaves marks of that day alone.
  await advanceStages(db.pool, later(5));
  await score(db.pool, { now: later(5) });
  await releaseHolds(db.pool, later(5));
  const { rows } = await db.pool.query<{ day: string }>('select distinct day::text from umpire.stale_days order by 1');
  const before = new Set(await figures());
  await refreshStaleDays(db.pool);
  const changed = (await figures())
    .filter((row) => !before.has(row))
    .map((row) => String(JSON.parse(row).date).slice(0, 10));
  expect(rows.map(({ day }) => day)).toEqual(expect.arrayContaining([...new Set(changed)]));
  await refreshDailyStats(db.pool, ALL);
  expect((await figures()).filter((row) => !before.has(row)).length).toBe(changed.length);
});

test('any past day gives the same figures: in another order, falsified, deleted, invented', async () => {
  await lived();
  await refreshDailyStats(db.pool, ALL);
  const counted = await figures();
  const { rows } = await db.pool.query<{ day: string }>(
    `select distinct to_char(date, 'YYYY-MM-DD') as day from referrals.daily_stats order by 1 desc`,
  );
  await db.pool.query(
    `update referrals.daily_stats set credits_paid = credits_paid + 7, registrations = 0 where extract(day from date)::int % 2 = 0`,
  );
  await db.pool.query(`delete from referrals.daily_stats where extract(day from date)::int % 3 = 0`);
  await db.pool.query(
    `insert into referrals.daily_stats (date, app_id, registrations) values ('2026-09-01Z', 'nobody', 3), ('2019-01-01Z', null, 3)`,
  );
  for (const { day } of [...rows, { day: '2019-01-01' }]) await refreshDailyStats(db.pool, { from: day, to: day });
  expect(await figures()).toEqual(counted);
});

test('paid and held are gross: what was taken back later stays paid on its day', async () => {
  await lived();
  await refreshStaleDays(db.pool);
  const { rows } = await db.pool.query<{
    paid: number;
    held: number;
    reversed: number;
    stored: number;
    stored_held: number;
  }>(
    `select (select sum(credits) from umpire.money_log where transition = 'paid')::int as paid,
       (select sum(credits) from umpire.money_log where transition = 'held')::int as held,
       (select sum(credits) from umpire.money_log where transition = 'reversed')::int as reversed,
       (select sum(credits_paid) from referrals.daily_stats where app_id is null)::int as stored,
       (select sum(credits_held) from referrals.daily_stats where app_id is null)::int as stored_held`,
  );
  expect(rows[0]?.reversed).toBeGreaterThan(0);
  expect([rows[0]?.stored, rows[0]?.stored_held]).toEqual([rows[0]?.paid, rows[0]?.held]);
});

test('referrals without an app count in the global row alone', async () => {
  await lived();
  await db.pool.query(`update referrals.relationships set source_app_id = null where source_app_id = 'chat'`);
  await db.pool.query(`update umpire.money_log set app_id = null where app_id = 'chat'`);
  await refreshDailyStats(db.pool, ALL);
  const sum = (stats: readonly DailyStat[]): number =>
    stats.reduce((total, { registrations }) => total + registrations, 0);
  const { rows } = await db.pool.query<{ app: string; count: number }>(
    'select source_app_id as app, count(*)::int as count from referrals.relationships where source_app_id is not null group by 1',
  );
  expect(rows.length).toBeGreaterThan(1);
  for (const { app, count } of rows) expect(sum(await dailyStats(db.pool, ALL, app))).toBe(count);
  expect(await dailyStats(db.pool, ALL, 'chat')).toEqual([]);
  expect(sum(await dailyStats(db.pool, ALL))).toBe(400);
});

test('counts at once, and counting while the programme goes on, come to the same', async () => {
  await tellDemo(db.pool, 300, NOW);
  await Promise.all([
    refreshStaleDays(db.pool),
    refreshStaleDays(db.pool),
    refreshDailyStats(db.pool, ALL),
    advanceStages(db.pool, later(40)).then(() => score(db.pool, { now: later(40) })),
    releaseHolds(db.pool, later(40)),
    refreshStaleDays(db.pool),
  ]);
  // Whatever was marked while the others counted is counted now.
  await refreshStaleDays(db.pool);
  const counted = await figures();
  await refreshDailyStats(db.pool, ALL);
  expect(await figures()).toEqual(counted);
});
