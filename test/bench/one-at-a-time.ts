import { takeBatch } from '../../core/engine/batch.ts';
import { detectAll } from '../../core/engine/detect.ts';
import { currentRuleSet } from '../../core/engine/rule-set.ts';
import { inTransaction, type Pool } from '../../core/postgres/connection.ts';

/**
 * The peer of set-based scoring: the same signals by the same queries, asked for one referral at a time. Nothing is
 * written back, so that the peer does less than what it is compared with.
 */
export async function scoreOneAtATime(pool: Pool, referrals: number): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT relationship_id AS id FROM umpire.referrals ORDER BY md5(event_id) LIMIT $1',
    [referrals],
  );
  await pool.query('SELECT umpire.mark_dirty($1)', [rows.map(({ id }) => id)]);
  const rules = await currentRuleSet(pool);
  for (const { id } of rows) {
    await inTransaction(pool, async (client) => {
      await takeBatch(client, { now: new Date(), size: 1, only: id, observes: false });
      await detectAll(client, rules);
    });
  }
  return rows.length;
}
