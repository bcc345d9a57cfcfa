import { inTransaction, type Pool } from '../postgres/connection.ts';

/**
 * Gives second opinions that were given in earlier transactions their effect: this login's own, or everybody's where it is the
 * owner's or the engine's. Within the transaction that gave it an opinion has none, so that nobody tries one and takes it back.
 */
export async function settleOpinions(pool: Pool, now?: Date): Promise<void> {
  await inTransaction(pool, (client) =>
    client.query('SELECT count(*) FROM umpire.settle_opinions(NULL, $1)', [now ?? null]),
  );
}
