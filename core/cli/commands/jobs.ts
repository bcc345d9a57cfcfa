import type { Command } from 'commander';
import { jobsOf, JOBS } from '../../programme/jobs/index.ts';
import type { Job } from '../../programme/jobs/job.ts';
import { type JobRun, runJobs } from '../../programme/jobs/run.ts';
import { watchJobs } from '../../programme/jobs/watch.ts';
import type { Mode } from '../../domain/vocabulary.ts';
import { checkHashKey } from '../../postgres/hash-key.ts';
import { recordedMode } from '../../postgres/mode.ts';
import { choice } from '../arguments.ts';
import { type Context, withContext } from '../context.ts';
import { BadArgument, Failed } from '../errors.ts';

type Options = { only?: string[]; watch: boolean };

const jobName = choice(JOBS.map(({ name }) => name));

export function jobsCommand(program: Command): void {
  program
    .command('jobs')
    .description('runs the jobs once: stages and holds that are due, scores, statistics, clean-up')
    .option('--only <name>', 'only this one, may be repeated', (text: string, before: string[] | undefined) => [
      ...(before ?? []),
      jobName(text),
    ])
    .option('--watch', 'goes on until it is stopped, each job at its time; any number of machines', false)
    .action(async ({ only, watch }: Options, command: Command) => {
      const { now } = command.optsWithGlobals<{ now?: string }>();
      if (watch && now !== undefined) throw new BadArgument('--now stands still, so it does not go with --watch.');
      const { runs } = await withContext(
        command,
        async (context) => {
          const key = context.hashKey({ create: false });
          await checkHashKey(context.pool, key);
          const mode = (await recordedMode(context.pool)) ?? 'programme';
          const jobs = chosenJobs(mode, only);
          if (watch) return watchUntilStopped(context, mode, only === undefined ? undefined : jobs);
          return { runs: await runJobs(context.pool, jobs, { now: context.now, key }) };
        },
        (result) => result.runs.map(printRun).join('\n'),
        { takes: 'engine' },
      );
      if (!watch && runs.some(({ outcome }) => outcome === 'failed')) throw new Failed();
    });
}

function chosenJobs(mode: Mode, only: readonly string[] | undefined): readonly Job[] {
  const jobs = jobsOf(mode);
  if (only === undefined) return jobs;
  const idle = only.find((name) => !jobs.some((job) => job.name === name));
  if (idle !== undefined) {
    throw new BadArgument(
      `${idle} has no work in ${mode} mode; the jobs there are ${jobs.map(({ name }) => name).join(', ')}.`,
    );
  }
  return jobs.filter(({ name }) => only.includes(name));
}

/** Tells each run on standard error; the result is the last run of each job. */
async function watchUntilStopped(
  { pool, hashKey, say }: Context,
  mode: Mode,
  jobs: readonly Job[] | undefined,
): Promise<{ runs: JobRun[] }> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const last = new Map<string, JobRun>();
  say(`Watching: ${(jobs ?? jobsOf(mode)).map(({ name }) => name).join(', ')}.`);
  await watchJobs(pool, {
    mode,
    jobs,
    key: hashKey({ create: false }),
    signal: stop.signal,
    say,
    onScored: (scored) => say(`${scored} scored`),
    onRun: (run) => {
      last.set(run.job, run);
      if (run.outcome === 'failed' || Object.values(run.figures).some((figure) => figure > 0)) say(printRun(run));
    },
  });
  return { runs: [...last.values()] };
}

function printRun(run: JobRun): string {
  if (run.outcome === 'failed') return `${run.job}: failed: ${run.error}`;
  const figures = Object.entries(run.figures).map(([name, figure]) => `${figure} ${name}`);
  return `${run.job}: ${figures.join(', ')}`;
}
