import { inTransaction, type Pool } from '../../postgres/connection.ts';
import type { Job, Stop } from './job.ts';

const BATCH = 1000;

/** Ends the holds that have run out (SPEC 2, claim limit; SPEC 3, bands). */
export const holds: Job = {
  name: 'holds',
  cron: '* * * * *',
  modes: ['programme', 'observe'],
  keyless: true,
  run: async (pool, { now, signal }) => ({ released: await releaseHolds(pool, now, { signal }) }),
};

/**
 * Ends the holds that have run out: of the medium band after 48 hours, of the claim limit when its time has come. Returns
 * how many bonuses were paid. Safe on several machines.
 */
export async function releaseHolds(pool: Pool, now: Date, stop: Stop = {}): Promise<number> {
  let paid = 0;
  while (stop.signal?.aborted !== true) {
    const { released, deferred } = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ released: number; deferred: number }>(
        'SELECT released, deferred FROM umpire.release_holds($1, $2)',
        [now, BATCH],
      );
      return rows[0] ?? { released: 0, deferred: 0 };
    });
    if (released + deferred === 0) return paid;
    paid += released;
  }
  return paid;
}
