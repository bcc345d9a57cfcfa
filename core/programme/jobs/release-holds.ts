import { inTransaction, type Pool } from '../../postgres/connection.ts';

const BATCH = 1000;

/** Pays the holds of the medium band that have ended; returns how many bonuses were paid. Safe on several machines. */
export async function releaseHolds(pool: Pool, now: Date): Promise<number> {
  let paid = 0;
  for (;;) {
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
}
