import { inTransaction, type Pool } from '../../postgres/connection.ts';
import type { Job, Stop } from './job.ts';

const BATCH = 1000;

/** Pays holds that have ended (SPEC 3). */
export const holds: Job = {
  name: 'holds',
  cron: '* * * * *',
  modes: ['programme', 'observe'],
  keyless: true,
  run: async (pool, { now, signal }) => ({ released: await releaseHolds(pool, now, { signal }) }),
};

/** Pays the holds of the medium band that have ended; returns how many bonuses were paid. Safe on several machines. */
export async function releaseHolds(pool: Pool, now: Date, stop: Stop = {}): Promise<number> {
  let paid = 0;
  while (stop.signal?.aborted !== true) {
    const released = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ paid: number }>('SELECT umpire.release_holds($1, $2) AS paid', [
        now,
        BATCH,
      ]);
      return rows[0]?.paid ?? 0;
    });
    if (released === 0) return paid;
    paid += released;
  }
  return paid;
}
