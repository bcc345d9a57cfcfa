import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepableText } from '../../core/postgres/error-text.ts';
import { verify } from '../../core/programme/verify.ts';
import { startUmpire } from '../support/scenario-command.ts';
import { at, bought, code, pair, referee, type ScenarioEvent, seen, used, user } from '../support/scenario-events.ts';
import { openWorkbench, type Workbench } from '../support/scenario-workbench.ts';
import { until } from '../support/until.ts';

let bench: Workbench;
beforeEach(async () => {
  bench = await openWorkbench();
});
afterEach(() => bench.close());

type Run = { job: string; outcome: string; figures?: Record<string, number>; error?: string };

async function jobs(now: string, flags: readonly string[] = [], exit = 0): Promise<Run[]> {
  const { stdout } = await bench.umpire(['jobs', '--now', at(now), '--json', ...flags], exit);
  return (JSON.parse(stdout) as { runs: Run[] }).runs;
}

const figuresOf = (runs: readonly Run[]): object => Object.fromEntries(runs.map(({ job, figures }) => [job, figures]));

async function tell(events: readonly ScenarioEvent[], now: string): Promise<void> {
  await bench.import(
    events.map((event) => JSON.stringify(event)),
    at(now),
    [],
    0,
  );
}

async function records(): Promise<{ job: string; outcome: string; error: string | null }[]> {
  const { rows } = await bench.pool.query('select job, outcome, error from umpire.job_runs order by id');
  return rows;
}

/** Rae came from an address of Rob's: 30 points; and used too early for it to count at once. */
const EARLY = [...pair({ ip: '192.0.2.1' }), seen('rob', '-1d', { ip: '192.0.2.1' }), used('rae', '+1m')];
/** She buys, and stays. */
const MEDIUM = [...EARLY, bought('rae', '+2d'), used('rae', '+28d')];

const ORDER = [
  'retention',
  'scoring',
  'holds',
  'rate-limits',
  'tiers',
  'fingerprint-purge',
  'tombstones',
  'statistics',
];

test('what is due is done once, in order, and each run leaves a record', async () => {
  await tell(EARLY, '+1m');
  expect(figuresOf(await jobs('+4m'))).toMatchObject({ retention: { advanced: 0 }, statistics: { days: 1 } });
  expect(figuresOf(await jobs('+5m'))).toMatchObject({ retention: { advanced: 1 }, scoring: { scored: 1 } });

  await tell(MEDIUM, '+28d');
  const first = await jobs('+40d');
  expect(first.map(({ job }) => job)).toEqual(ORDER);
  expect(first.every(({ outcome }) => outcome === 'done')).toBe(true);
  expect(figuresOf(first)).toMatchObject({ retention: { advanced: 1 }, scoring: { scored: 1, failing: 0 } });
  const { rows } = await bench.pool.query('select status, activated_at, retained_at from referrals.relationships');
  expect(rows).toEqual([{ status: 'retained', activated_at: new Date(at('+5m')), retained_at: new Date(at('+30d')) }]);
  expect(await verify(bench.pool)).toEqual([]);

  const again = await jobs('+40d');
  expect(figuresOf(again)).toEqual({
    retention: { advanced: 0 },
    scoring: { scored: 0, changed: 0, failing: 0 },
    holds: { released: 0 },
    'rate-limits': { removed: 0 },
    // Rob for his tier, Rae for what she earned.
    tiers: { counted: 2 },
    'fingerprint-purge': { purged: 0, waiting: 0, calls: 0 },
    tombstones: { removed: 0 },
    statistics: { days: 0 },
  });
  expect((await records()).map(({ job, outcome }) => `${job} ${outcome}`)).toEqual(
    [...ORDER, ...ORDER, ...ORDER, ...ORDER].map((job) => `${job} done`),
  );
});

test('a hold of the medium band is paid by the job when its 48 hours are over', async () => {
  // Registration of both, and Rae's first usage.
  await tell(EARLY, '+1h');
  await bench.umpire(['score', '--now', at('+1h')]);
  expect(figuresOf(await jobs('+48h', ['--only', 'holds']))).toEqual({ holds: { released: 0 } });
  expect(figuresOf(await jobs('+49h', ['--only', 'holds']))).toEqual({ holds: { released: 3 } });
});

test('accepted calls whose window has ended go, and no other', async () => {
  await bench.pool.query(
    `insert into referrals.rate_limits (identifier, identifier_type, action, window_start, window_end)
     select 'user ' || n, 'user', 'code_creation', $1::timestamptz, $1::timestamptz + make_interval(hours => n) from generate_series(1, 3) n`,
    [at('0')],
  );
  expect(figuresOf(await jobs('+2h', ['--only', 'rate-limits']))).toEqual({ 'rate-limits': { removed: 2 } });
  const { rows } = await bench.pool.query('select identifier from referrals.rate_limits');
  expect(rows).toEqual([{ identifier: 'user 3' }]);
});

test('a tier that somebody wrote over is counted anew, one that is missing too', async () => {
  await tell(
    [...MEDIUM, user('ann', '-60d'), code('ANN', 'ann', '-50d'), ...referee('ada', 'ANN'), bought('ada', '+2d')],
    '+3d',
  );
  await bench.pool.query(
    `update referrals.user_tiers set tier = 'platinum', qualified_count = 99 where user_id = 'rob'`,
  );
  await bench.pool.query(`delete from referrals.user_tiers where user_id = 'ann'`);
  await jobs('+3d', ['--only', 'tiers']);
  const { rows } = await bench.pool.query('select user_id, tier, qualified_count from referrals.user_tiers order by 1');
  expect(rows).toEqual([
    { user_id: 'ann', tier: 'bronze', qualified_count: 1 },
    { user_id: 'rob', tier: 'bronze', qualified_count: 1 },
  ]);
});

test('only the jobs that are named run, and a name that there is not is told with those that there are', async () => {
  const runs = await jobs('+1d', ['--only', 'statistics', '--only', 'holds']);
  expect(runs.map(({ job }) => job)).toEqual(['holds', 'statistics']);
  const { stderr } = await bench.umpire(['jobs', '--only', 'nothing'], 2);
  for (const name of ORDER) expect(stderr).toContain(name);
  expect(await records()).toHaveLength(2);
});

test('a clock that stands still does not go with --watch', async () => {
  const { stderr } = await bench.umpire(['jobs', '--watch', '--now', at('0')], 2);
  expect(stderr).toContain('--watch');
});

test('a job that fails leaves its record, does not stop the others, and the next run makes up for it', async () => {
  await tell(MEDIUM, '+1h');
  await bench.pool.query('alter table referrals.rate_limits rename to elsewhere');
  const failing = await jobs('+40d', [], 1);
  expect(failing.filter(({ outcome }) => outcome !== 'done')).toEqual([
    { job: 'rate-limits', outcome: 'failed', error: '42P01 relation "referrals.rate_limits" does not exist' },
  ]);
  expect(failing).toHaveLength(ORDER.length);
  expect((await records()).filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
  await bench.pool.query('alter table referrals.elsewhere rename to rate_limits');
  expect((await jobs('+40d')).every(({ outcome }) => outcome === 'done')).toBe(true);
});

test('what a record keeps of an error names no person, no address and no value of a row', async () => {
  await bench.pool.query(
    `insert into referrals.rate_limits (identifier, identifier_type, action, window_start, window_end) values ('x', 'ip', 'code_validation', now(), '2020-01-01')`,
  );
  await bench.pool.query(
    `create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'rae@canary.example at 192.0.2.77'; end $$`,
  );
  await bench.pool.query(
    'create trigger refuse before delete on referrals.rate_limits for each row execute function public.refuse()',
  );
  const { stdout, stderr } = await bench.umpire(['jobs', '--now', at('0'), '--only', 'rate-limits'], 1);
  const [record] = await records();
  expect(record).toMatchObject({ outcome: 'failed', error: expect.stringContaining('P0001') });
  expect([stdout, stderr, record?.error].join('\n')).not.toMatch(/canary|192\.0\.2/);
  expect(keepableText(new Error('cannot reach rae@canary.example or 2001:db8::1'))).toBe('cannot reach …@… or …');
});

test('a run waits for the one under way elsewhere, and then runs', async () => {
  const client = await bench.pool.connect();
  await client.query(`select pg_advisory_lock(7226010, hashtext('holds'))`);
  const waiting = startUmpire(['jobs', '--only', 'holds', '--json', '--database-url', bench.url]);
  await until(async () => {
    const { rowCount } = await bench.pool.query(
      `select 1 from pg_locks where locktype = 'advisory' and not granted and classid = 7226010`,
    );
    return rowCount === 1 ? true : null;
  });
  expect(await records()).toEqual([]);
  await client.query(`select pg_advisory_unlock(7226010, hashtext('holds'))`);
  client.release(true);
  expect(await waiting.ended).toBe(0);
  expect((await records()).map(({ outcome }) => outcome)).toEqual(['done']);
});

test('records of runs are kept for 30 days', async () => {
  await bench.pool.query(
    `insert into umpire.job_runs (job, machine, clock, outcome, started_at)
     select 'holds', 'm', now(), 'done', now() - make_interval(days => d) from unnest(array[29, 31]) d`,
  );
  await jobs('0', ['--only', 'holds']);
  expect(await records()).toHaveLength(2);
});
