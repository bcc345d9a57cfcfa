import { inTransaction, type Pool } from '../../postgres/connection.ts';
import type { Job } from './job.ts';

const PAGE = 1000;

/** Counts every tier anew; a row that says what is counted is not written. */
export const tiers: Job = {
  name: 'tiers',
  cron: '41 2 * * *',
  modes: ['programme'],
  keyless: true,
  run: async (pool, options) => {
    const { now } = options;
    let counted = 0;
    let after = '';
    while (options.signal?.aborted !== true) {
      const page = await recountPage(pool, after, now);
      const last = page.at(-1);
      if (last === undefined) break;
      counted += page.length;
      after = last;
    }
    return { counted };
  },
};

/** The next users that have a tier or should have one, after `after` in the order of the index. */
function recountPage(pool: Pool, after: string, now: Date): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ user_id: string }>(
      `SELECT user_id FROM (
         (SELECT user_id FROM referrals.user_tiers WHERE user_id > $1 ORDER BY user_id LIMIT ${PAGE})
         UNION
         (SELECT DISTINCT referrer_id FROM umpire.referrals
          WHERE qualified_at IS NOT NULL AND NOT is_rejected AND referrer_id > $1 ORDER BY referrer_id LIMIT ${PAGE})
       ) AS u ORDER BY user_id LIMIT ${PAGE}`,
      [after],
    );
    const users = rows.map(({ user_id: user }) => user);
    if (users.length > 0) await client.query('SELECT umpire.recount_tiers($1, $2)', [users, now]);
    return users;
  });
}
