import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { runJob } from '../../core/programme/jobs/run.ts';
import { tiers } from '../../core/programme/jobs/tiers.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';
import { until } from '../support/until.ts';

let db: MigratedDatabase;
let other: Pool;
beforeEach(async () => {
  db = await migratedDatabase();
  other = connect(db.database.url, 'umpire test');
});
afterEach(async () => {
  await other.end();
  await db.end();
});

const TIMES = 200;
const SCORED = new Date('2026-03-10T12:00:00Z');
const after = (ms: number): Date => new Date(SCORED.getTime() + ms);
const HOLD_MS = 48 * 3_600_000;

test('two workers that release one hold pay it once, 200 times', async () => {
  const story = new Story();
  const two = (index: number): string => String(index).padStart(3, '0');
  for (let index = 0; index < TIMES; index += 1) {
    const [rob, rae, ip] = [
      `rob${two(index)}`,
      `rae${two(index)}`,
      `10.0.${Math.floor(index / 200)}.${(index % 200) + 1}`,
    ];
    story
      .user('2026-01-01T10:00:00Z', rob, 'Rob', `${rob}@one.example`)
      .code('2026-01-02T10:00:00Z', rob, rob.toUpperCase())
      .seen('2026-03-01T10:00:00Z', rob, ip)
      .user('2026-03-09T10:00:00Z', rae, 'Rae', `${rae}@two.example`)
      .registered('2026-03-09T11:00:00Z', rae, rob.toUpperCase(), ip);
  }
  await tell(db.pool, story.events, SCORED);
  // One hold ends each second.
  await db.pool.query(
    `update referrals.bonus_events b set hold_until = hold_until + make_interval(secs => right(r.referee_id, 3)::int)
     from referrals.relationships r where r.id = b.relationship_id`,
  );
  const paid: number[] = [];
  for (let index = 0; index < TIMES; index += 1) {
    const now = after(HOLD_MS + index * 1000);
    const both = await Promise.all([releaseHolds(db.pool, now), releaseHolds(other, now)]);
    paid.push(both[0] + both[1]);
  }
  // The referrer's and the referee's.
  expect(paid).toEqual(Array.from({ length: TIMES }, () => 2));
  expect(await verify(db.pool)).toEqual([]);
});

test('a tier that is counted while a decision changes it is that of the decision', async () => {
  const story = new Story()
    .user('2026-01-01T10:00:00Z', 'rob', 'Rob', 'rob@one.example')
    .code('2026-01-02T10:00:00Z', 'rob', 'ROB');
  for (const [index, referee] of ['ada', 'bea', 'cyd'].entries()) {
    story
      .user('2026-01-03T10:00:00Z', referee, 'Rae', `${referee}@two.example`)
      .registered(`2026-02-0${index + 1}T11:00:00Z`, referee, 'ROB', `10.0.0.${index}`)
      .bought(`2026-02-1${index}T11:00:00Z`, referee);
  }
  await tell(db.pool, story.events, SCORED);
  // What a rejection does to the tier, caught between its effect and its end.
  const deciding = await other.connect();
  await deciding.query('begin');
  await deciding.query(`update umpire.referrals set is_rejected = true where referee_id = 'ada'`);
  await deciding.query(`select umpire.recount_tiers('{rob}', $1)`, [SCORED]);
  const counting = tiers.run(db.pool, { now: SCORED, key: TEST_KEY });
  await until(async () => {
    const { rowCount } = await db.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount === 1 ? true : null;
  });
  await deciding.query('commit');
  deciding.release();
  await counting;
  const { rows } = await db.pool.query(`select qualified_count from referrals.user_tiers where user_id = 'rob'`);
  expect(rows).toEqual([{ qualified_count: 2 }]);
});

test('a job is run by one at a time: who does not wait leaves it to the one under way', async () => {
  const job = { ...tiers, name: 'slow', run: () => gate.then(() => ({ worked: 1 })) };
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const options = { now: SCORED, key: TEST_KEY, wait: false };
  const first = runJob(db.pool, job, options);
  const record = async (): Promise<number> =>
    (await db.pool.query(`select 1 from umpire.job_runs where job = 'slow'`)).rows.length;
  while ((await record()) === 0);
  expect(await runJob(other, job, options)).toBeNull();
  open();
  expect(await first).toEqual({ job: 'slow', outcome: 'done', figures: { worked: 1 } });
  expect(await record()).toBe(1);
});
