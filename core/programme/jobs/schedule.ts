import { type Db, PgBoss } from 'pg-boss';
import { beside, type Pool } from '../../postgres/connection.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { SCHEDULER_SCHEMA } from '../../postgres/scheduler.ts';
import type { Job } from './job.ts';
import { type JobRun, runJob } from './run.ts';
import { unfinishedJobs } from './run-record.ts';

export type ScheduleOptions = {
  readonly jobs: readonly Job[];
  readonly key: HashKey;
  /** The engine's clock, the server's. */
  readonly clock: () => Promise<Date>;
  readonly onRun: (run: JobRun) => void;
  /** Something of the scheduler's own failed; it goes on. */
  readonly onError: (error: Error) => void;
};

export type Schedule = {
  /** Ends running jobs after the step under way. */
  stop(): Promise<void>;
};

/** Connections for the jobs: each takes one at a time, and those of a user's window are not among them. */
const JOB_CONNECTIONS = 4;
const SCHEDULER_CONNECTIONS = 2;

/** A run is never cut off; what is expired is only the note that a machine took it. */
const EXPIRY_SECONDS = 23 * 3600;
const KEPT_SECONDS = 24 * 3600;
const POLL_SECONDS = 2;
const STOP_WITHIN_MS = 8000;

/**
 * Runs jobs when they are due, together with any number of other machines: a slot is taken by one of them. What failed,
 * died or never ran is run at once. The pool says where; it is not used.
 */
export async function startSchedule(pool: Pool, options: ScheduleOptions): Promise<Schedule> {
  const jobPool = beside(pool, 'umpire jobs', JOB_CONNECTIONS);
  const schedulerPool = beside(pool, 'umpire scheduler', SCHEDULER_CONNECTIONS);
  const stopping = new AbortController();
  const boss = new PgBoss({
    db: adapter(schedulerPool),
    schema: SCHEDULER_SCHEMA,
    // `umpire migrate` makes its tables (core/postgres/scheduler.ts); this login may own nothing.
    migrate: false,
    createSchema: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', options.onError);
  const stop = async (): Promise<void> => {
    stopping.abort();
    try {
      await boss.stop({ graceful: true, timeout: STOP_WITHIN_MS });
    } finally {
      await Promise.all([jobPool.end(), schedulerPool.end()]);
    }
  };
  try {
    await boss.start().catch(refuseUnprepared);
    for (const job of options.jobs) await offer(boss, job);
    for (const job of options.jobs) await work(boss, jobPool, job, options, stopping.signal);
    const unfinished = await unfinishedJobs(
      jobPool,
      options.jobs.map(({ name }) => name),
    );
    for (const name of unfinished) await boss.send(name);
  } catch (error) {
    // What failed is told, not what failed while tidying up after it.
    await stop().catch(() => {});
    throw error;
  }
  return { stop };
}

/** The library says of its tables only that they are not what it wants. */
function refuseUnprepared(error: unknown): never {
  if (error instanceof Error && /not installed|requires migrations/.test(error.message)) {
    throw new Error(
      'The tables of the scheduler are missing, or not those of this release: run `umpire migrate` with the login that owns the database.',
      { cause: error },
    );
  }
  throw error;
}

/** One queue a job, and its slots. `short`: at most one waits, and one that a killed machine took is in nobody's way. */
async function offer(boss: PgBoss, { name, cron }: Job): Promise<void> {
  await boss.createQueue(name, {
    policy: 'short',
    retryLimit: 0,
    expireInSeconds: EXPIRY_SECONDS,
    retentionSeconds: KEPT_SECONDS,
    deleteAfterSeconds: KEPT_SECONDS,
  });
  // A slot that came while every machine was off is made up for, once.
  await boss.schedule(name, cron, null, { tz: 'UTC', missed: 'once' });
}

async function work(
  boss: PgBoss,
  pool: Pool,
  job: Job,
  { key, clock, onRun, onError }: ScheduleOptions,
  signal: AbortSignal,
): Promise<void> {
  await boss.work(job.name, { pollingIntervalSeconds: POLL_SECONDS }, async () => {
    if (signal.aborted) return;
    try {
      const run = await runJob(pool, job, { now: await clock(), key, signal, wait: false });
      if (run !== null) onRun(run);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function adapter(pool: Pool): Db {
  return { executeSql: (text, values) => pool.query(text, values) };
}
