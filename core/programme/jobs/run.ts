import type { Pool } from '../../postgres/connection.ts';
import { keepableText } from '../../postgres/error-text.ts';
import type { Job, JobOptions } from './job.ts';
import { lockJob } from './job-lock.ts';
import { beginRun, type Ended, endRun } from './run-record.ts';

export type JobRun = { readonly job: string } & Ended;

export type RunOptions = JobOptions & {
  /** Waits for a run under way elsewhere and then runs; otherwise leaves the job to it. */
  readonly wait: boolean;
};

/**
 * Runs a job, one at a time in a database, and leaves a run record. What the job throws is its outcome; null where it is
 * being run elsewhere. Throws only where the lock or the record cannot be had.
 */
export async function runJob(pool: Pool, job: Job, options: RunOptions): Promise<JobRun | null> {
  const lock = await lockJob(pool, job.name, options);
  if (lock === null) return null;
  try {
    const id = await beginRun(pool, job.name, options.now);
    const signal = options.signal === undefined ? lock.lost : AbortSignal.any([lock.lost, options.signal]);
    const ended = await outcomeOf(job, pool, { ...options, signal });
    await endRun(pool, id, ended);
    return { job: job.name, ...ended };
  } finally {
    await lock.release();
  }
}

async function outcomeOf(job: Job, pool: Pool, options: JobOptions): Promise<Ended> {
  try {
    return { outcome: 'done', figures: await job.run(pool, options) };
  } catch (error) {
    return { outcome: 'failed', error: keepableText(error) };
  }
}

/** Runs these jobs one after the other; one that fails does not stop the others. */
export async function runJobs(pool: Pool, jobs: readonly Job[], options: JobOptions): Promise<JobRun[]> {
  const runs: JobRun[] = [];
  for (const job of jobs) {
    if (options.signal?.aborted === true) break;
    const run = await runJob(pool, job, { ...options, wait: true });
    if (run !== null) runs.push(run);
  }
  return runs;
}
