import { hostname } from 'node:os';
import type { Pool } from '../../postgres/connection.ts';
import type { JobFigures } from './job.ts';

const KEPT = `interval '30 days'`;

/** Which program ran it. */
const MACHINE = `${hostname()} ${process.pid}`;

/**
 * Records that a job begins; returns the record's id. Only behind the job's lock: whatever still says `running` was killed.
 */
export async function beginRun(pool: Pool, job: string, clock: Date): Promise<string> {
  await pool.query(
    `UPDATE umpire.job_runs SET outcome = 'died', finished_at = clock_timestamp() WHERE job = $1 AND outcome = 'running'`,
    [job],
  );
  await pool.query(`DELETE FROM umpire.job_runs WHERE started_at < clock_timestamp() - ${KEPT}`);
  const { rows } = await pool.query<{ id: string }>(
    'INSERT INTO umpire.job_runs (job, machine, clock) VALUES ($1, $2, $3) RETURNING id',
    [job, MACHINE, clock],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('a run was not recorded');
  return id;
}

export type Ended =
  | { readonly outcome: 'done'; readonly figures: JobFigures }
  | { readonly outcome: 'failed'; readonly error: string };

/** Completes a record, unless another machine has already found it dead. */
export async function endRun(pool: Pool, id: string, ended: Ended): Promise<void> {
  await pool.query(
    `UPDATE umpire.job_runs SET outcome = $2, figures = $3, error = $4, finished_at = clock_timestamp() WHERE id = $1 AND outcome = 'running'`,
    [
      id,
      ended.outcome,
      ended.outcome === 'done' ? JSON.stringify(ended.figures) : null,
      ended.outcome === 'failed' ? ended.error : null,
    ],
  );
}

/** Those of the jobs that never ran, or whose last run did not end well. */
export async function unfinishedJobs(pool: Pool, jobs: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ job: string }>(
    `SELECT j.job FROM unnest($1::text[]) WITH ORDINALITY AS j (job, position)
     WHERE coalesce((SELECT r.outcome FROM umpire.job_runs AS r WHERE r.job = j.job ORDER BY r.id DESC LIMIT 1), 'died') <> 'done'
     ORDER BY position`,
    [jobs],
  );
  return rows.map(({ job }) => job);
}
