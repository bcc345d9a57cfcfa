import { inTransaction } from '../../postgres/connection.ts';
import type { Job } from './job.ts';

const PAGE = 5000;

/** Removes accepted calls whose window has ended: they limit nothing any more. */
export const rateLimits: Job = {
  name: 'rate-limits',
  cron: '*/10 * * * *',
  modes: ['programme'],
  keyless: true,
  run: async (pool, options) => {
    const { now } = options;
    let removed = 0;
    while (options.signal?.aborted !== true) {
      const page = await inTransaction(pool, async (client) => {
        // What somebody else is about to write or remove is left to the next run.
        const { rowCount } = await client.query(
          `DELETE FROM referrals.rate_limits WHERE id IN (
             SELECT id FROM referrals.rate_limits WHERE window_end <= $1 LIMIT ${PAGE} FOR UPDATE SKIP LOCKED
           )`,
          [now],
        );
        return rowCount ?? 0;
      });
      if (page === 0) break;
      removed += page;
    }
    return { removed };
  },
};
