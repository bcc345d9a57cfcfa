import { PgBoss } from 'pg-boss';
import type { Pool } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobsOf } from '../../core/programme/jobs/index.ts';
import { verify } from '../../core/programme/verify.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { dueProgramme } from '../support/due-programme.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Started, startUmpire } from '../support/scenario-command.ts';
import { openPool } from '../support/scenario-database.ts';
import { until } from '../support/until.ts';

const NAMES = jobsOf('programme').map(({ name }) => name);

let database: TestDatabase;
let pool: Pool;
let started: Started[];
let doors: Proxy[];
beforeEach(async () => {
  database = await createTestDatabase({ template: await dueProgramme('jobs_due_now', 300, new Date()) });
  pool = openPool(database.url);
  started = [];
  doors = [];
});
afterEach(async () => {
  for (const { process } of started) process.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  for (const door of doors) door.shut();
  await pool.end();
  await database.drop();
});

function machine(url = database.url): Started {
  const one = startUmpire(['jobs', '--watch', '--json', '--database-url', url]);
  started.push(one);
  return one;
}

/** Puts a job into its queue as the scheduler does when its slot comes. */
async function withQueue<Result>(work: (boss: PgBoss) => Promise<Result>): Promise<Result> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: 'umpire',
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  await boss.start();
  try {
    return await work(boss);
  } finally {
    await boss.stop();
  }
}

/** Waits until this many runs of each job are done. */
async function done(names: readonly string[], runs: number): Promise<void> {
  await until(async () => {
    const { rows } = await pool.query(
      `select job from umpire.job_runs where outcome = 'done' and job = any ($1) group by job having count(*) >= $2`,
      [names, runs],
    );
    return rows.length === names.length ? true : null;
  });
}

async function machines(): Promise<number> {
  const { rows } = await pool.query('select distinct machine from umpire.job_runs');
  return rows.length;
}

/** Pairs of runs of one job that overlap. */
const OVERLAPS = `
  select a.job from umpire.job_runs a join umpire.job_runs b on b.job = a.job and b.id > a.id
  where b.started_at < coalesce(a.finished_at, 'infinity')`;

test('two machines do each thing once, slot by slot', { timeout: 300_000 }, async () => {
  const two = [machine(), machine()];
  await done(NAMES, 1);
  // Slots that come at once, until both have taken some.
  await withQueue(async (boss) => {
    for (let round = 2; round < 8 || (await machines()) < 2; round += 1) {
      for (const name of NAMES) await boss.send(name);
      await done(NAMES, round);
    }
  });
  // And one that the clock brings.
  const slot = await until(async () => {
    const { rows } = await pool.query<{ name: string }>(
      `select s.name from umpire.schedule s join umpire.job j on j.name = s.name and j.id = s.last_job_id
       where j.state = 'completed' and s.name in ('holds', 'retention', 'scoring')`,
    );
    return rows.length === 3 ? rows : null;
  });
  expect(slot).toHaveLength(3);
  const { rows: twice } = await pool.query(
    `select singleton_key, singleton_on from umpire.job where name = '__pgboss__send-it' group by 1, 2 having count(*) > 1`,
  );
  expect(twice).toEqual([]);

  expect((await pool.query(OVERLAPS)).rows).toEqual([]);
  const { rows: bad } = await pool.query(
    `select job, outcome, error from umpire.job_runs where outcome not in ('done', 'running')`,
  );
  expect(bad).toEqual([]);
  const { rows: paid } = await pool.query<{ bonuses: number; rows: number }>(
    `select (select count(*)::int from referrals.bonus_events where status = 'paid') as bonuses,
       (select count(*)::int from credits.transactions where idempotency_key like 'bonus:%') as rows`,
  );
  expect(paid[0]?.bonuses).toBeGreaterThan(100);
  expect(paid[0]?.rows).toBe(paid[0]?.bonuses);
  expect(await verify(pool)).toEqual([]);

  for (const { process } of two) process.kill('SIGTERM');
  expect(await Promise.all(two.map(({ ended }) => ended))).toEqual([0, 0]);
  for (const one of two) {
    const { runs } = JSON.parse(one.printed()) as { runs: { outcome: string }[] };
    expect(runs.every(({ outcome }) => outcome === 'done')).toBe(true);
  }
});

test(
  'a machine that is killed in a job is in nobody’s way: another one runs the next slot',
  { timeout: 120_000 },
  async () => {
    const two = [machine(), machine()];
    await done(NAMES, 1);
    const blocker = await pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table umpire.stale_days in access exclusive mode');
    await withQueue((boss) => boss.send('statistics'));
    const killed = await until(async () => {
      const { rows } = await pool.query<{ id: string; machine: string }>(
        `select id, machine from umpire.job_runs where job = 'statistics' and outcome = 'running'`,
      );
      return rows[0] ?? null;
    });
    const victim = two.find(({ process }) => killed.machine.endsWith(` ${process.pid}`));
    victim?.process.kill('SIGKILL');
    expect(await victim?.ended).toBe('SIGKILL');
    await blocker.query('rollback');
    blocker.release(true);
    await withQueue((boss) => boss.send('statistics'));
    // The clock may bring a slot of its own besides, so it is not said how many runs follow.
    const next = await until(async () => {
      const { rows } = await pool.query<{ machine: string }>(
        `select machine from umpire.job_runs where job = 'statistics' and id > $1 and outcome = 'done' order by id`,
        [killed.id],
      );
      return rows[0] ?? null;
    });
    expect(next.machine).not.toBe(killed.machine);
    const { rows } = await pool.query('select outcome from umpire.job_runs where id = $1', [killed.id]);
    expect(rows).toEqual([{ outcome: 'died' }]);
  },
);

test('a server that goes is waited for, and the work goes on when it is back', { timeout: 120_000 }, async () => {
  const door = await proxyTo(database.connection);
  doors.push(door);
  const one = machine(door.through(database.url));
  await done(NAMES, 1);
  door.shut();
  await until(async () => (one.said().includes('The connection is lost') ? true : null));
  await door.openAgain();
  await until(async () => (one.said().includes('Connected again') ? true : null));
  await withQueue((boss) => boss.send('holds'));
  await done(['holds'], 2);
  expect(one.said()).not.toMatch(/unhandled|password|at .*\.ts:\d/i);
  one.process.kill('SIGINT');
  expect(await one.ended).toBe(0);
});
