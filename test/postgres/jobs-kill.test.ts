import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { verify } from '../../core/programme/verify.ts';
import { dueProgramme } from '../support/due-programme.ts';
import { Random } from '../support/random.ts';
import { difference, withCopy } from '../support/killed.ts';
import { startUmpire } from '../support/scenario-command.ts';
import { dump } from '../support/scenario-dump.ts';
import { until } from '../support/until.ts';

const NOW = '2026-10-01T12:00:00.000Z';
const POINTS = 16;
const SEED = 20_261_001;

/** All that the jobs leave behind: the seed's tables, and what Umpire derives. */
async function state(pool: Pool): Promise<readonly string[]> {
  const own = [
    'scores',
    'evidence',
    'kept_evidence',
    'referrals',
    'registrations',
    'sightings',
    'bonuses',
    'dirty',
    'stale_days',
    'items_gone',
  ];
  const lines = [
    ...(await dump(pool)),
    ...(await dump(
      pool,
      own.map((name) => `umpire.${name}`),
    )),
  ];
  const { rows } = await pool.query<{ line: string }>(
    `select (to_jsonb(m) - 'id' - 'tx')::text as line from umpire.money_log m union all select (to_jsonb(i) - 'tx')::text from umpire.items i`,
  );
  return [...lines, ...rows.map(({ line }) => line)].sort();
}

type Begun = { readonly job: string; readonly ms: number };

const command = (url: string): string[] => ['jobs', '--now', NOW, '--json', '--database-url', url];

async function finish(url: string): Promise<void> {
  const run = startUmpire(command(url));
  if ((await run.ended) !== 0) throw new Error(`umpire jobs: ${run.printed()}${run.said()}`);
}

test('jobs killed at any point and run again end where jobs that nobody killed end', { timeout: 600_000 }, async () => {
  const template = await dueProgramme('jobs_due', 500, new Date(NOW));
  const { wanted, durations } = await withCopy(template, async (pool, url) => {
    await finish(url);
    const { rows } = await pool.query<Begun>(
      `select job, extract(epoch from finished_at - started_at)::float * 1000 as ms from umpire.job_runs order by id`,
    );
    // Each had work, or being killed in it would prove nothing.
    const idle = await pool.query(
      `select job from umpire.job_runs where not jsonb_path_exists(figures, '$.* ? (@ > 0)')`,
    );
    expect(idle.rows).toEqual([]);
    return { wanted: await state(pool), durations: rows };
  });
  expect(durations).toHaveLength(8);

  const random = new Random(SEED);
  let killed = 0;
  let died = 0;
  for (let point = 0; point < POINTS; point += 1) {
    const begun = (point % durations.length) + 1;
    const within = random.next() * (durations[begun - 1]?.ms ?? 0);
    await withCopy(template, async (pool, url) => {
      const run = startUmpire(command(url));
      const over = run.ended.then(() => true);
      await until(
        async () => {
          const { rows } = await pool.query<{ since: number }>(
            `select extract(epoch from clock_timestamp() - started_at)::float * 1000 as since from umpire.job_runs order by id offset $1 limit 1`,
            [begun - 1],
          );
          return rows[0] !== undefined && rows[0].since >= within ? true : null;
        },
        { everyMs: 2, unless: over },
      );
      run.process.kill('SIGKILL');
      if ((await run.ended) === 'SIGKILL') killed += 1;
      await finish(url);
      expect(difference(await state(pool), wanted)).toEqual([]);
      expect(await verify(pool)).toEqual([]);
      const { rows } = await pool.query<{ outcome: string; n: number }>(
        `select outcome, count(*)::int as n from umpire.job_runs group by 1`,
      );
      expect(rows.some(({ outcome }) => outcome === 'running' || outcome === 'failed')).toBe(false);
      died += rows.find(({ outcome }) => outcome === 'died')?.n ?? 0;
    });
  }
  expect(killed).toBeGreaterThanOrEqual(POINTS / 2);
  expect(died).toBeGreaterThanOrEqual(POINTS / 4);
});
