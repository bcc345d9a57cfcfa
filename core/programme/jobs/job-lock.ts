import type { Pool } from '../../postgres/connection.ts';
import { connectAlone } from '../../postgres/connection.ts';

/** Any fixed number: the first half of the keys of jobs' locks. */
const JOB_LOCKS = 7_226_010;

export type JobLock = {
  /** Aborted when the connection that holds the lock is lost: another machine may be running the job now. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

/**
 * The lock of a job, on a connection of its own: the server releases it when this program dies, however it dies. Without
 * `wait`, null where the job is being run elsewhere.
 */
export async function lockJob(pool: Pool, job: string, { wait }: { readonly wait: boolean }): Promise<JobLock | null> {
  const client = await connectAlone(pool, `umpire job ${job}`);
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  const release = (): Promise<void> => client.end().catch(() => {});
  try {
    if (wait) {
      await client.query('SELECT pg_advisory_lock($1::int, hashtext($2))', [JOB_LOCKS, job]);
    } else {
      const { rows } = await client.query<{ got: boolean }>(
        'SELECT pg_try_advisory_lock($1::int, hashtext($2)) AS got',
        [JOB_LOCKS, job],
      );
      if (rows[0]?.got !== true) {
        await release();
        return null;
      }
    }
    return { lost: lost.signal, release };
  } catch (error) {
    await release();
    throw error;
  }
}
