import { inTransaction, type Pool } from '../../postgres/connection.ts';

const BATCH = 1000;

/**
 * Ends the holds that have run out: of the medium band after 48 hours, of the claim limit when its time has come. Returns
 * how many bonuses were paid. Safe on several machines.
 */
export async function releaseHolds(pool: Pool, now: Date): Promise<number> {
  let paid = 0;
  for (;;) {
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
}
