import { inTransaction, type Pool } from '../../postgres/connection.ts';
import { deriveReferrals, lockFacts, prepareDerivation, recountTiers } from '../derive/referrals.ts';

const PAGE = 4000;

/**
 * Stages that only the clock brings: early usage that counts five minutes after registration, and retention (SPEC 2).
 * Nothing changes where the clock has not reached them.
 */
export async function advanceStages(pool: Pool, now: Date): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const last = await inTransaction(pool, async (client) => {
      // Stages are derived by one at a time, so that nobody writes what others' newer facts have overtaken.
      await lockFacts(client);
      await prepareDerivation(client);
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO umpire_touched
         SELECT id FROM referrals.relationships
         WHERE id > $2 AND retained_at IS NULL AND (
           qualified_at <= $1 AND registered_at <= $1::timestamptz - interval '30 days'
           OR activated_at IS NULL AND registered_at <= $1::timestamptz - interval '5 minutes' AND EXISTS (
             SELECT 1 FROM umpire.usages AS u WHERE u.user_id = referee_id AND u.at >= registered_at
           )
         )
         ORDER BY id LIMIT ${PAGE} RETURNING relationship_id AS id`,
        [now, after],
      );
      await deriveReferrals(client, now);
      await recountTiers(client, now);
      return rows.reduce((greatest, { id }) => (id > greatest ? id : greatest), '');
    });
    if (last === '') return;
    after = last;
  }
}
