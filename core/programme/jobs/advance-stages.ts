import { inTransaction, type Pool } from '../../postgres/connection.ts';
import { deriveReferrals, lockFacts, prepareDerivation, recountTiers } from '../derive/referrals.ts';
import type { Job, Stop } from './job.ts';

/** Retention, and early usage that counts later (SPEC 2). */
export const retention: Job = {
  name: 'retention',
  cron: '* * * * *',
  modes: ['programme'],
  keyless: true,
  run: async (pool, { now, signal }) => ({ advanced: await advanceStages(pool, now, { signal }) }),
};

const PAGE = 4000;

/**
 * Stages that only the clock brings: early usage that counts five minutes after registration, and retention (SPEC 2).
 * Looks only at referrals whose `due_at` the clock has reached; returns how many of them have another stage.
 */
export async function advanceStages(pool: Pool, now: Date, stop: Stop = {}): Promise<number> {
  let advanced = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  while (stop.signal?.aborted !== true) {
    const page = await inTransaction(pool, async (client) => {
      // Stages are derived by one at a time, so that nobody writes what others' newer facts have overtaken.
      await lockFacts(client);
      await prepareDerivation(client);
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO umpire_touched
         SELECT relationship_id FROM umpire.referrals WHERE due_at <= $1 AND relationship_id > $2
         ORDER BY relationship_id LIMIT ${PAGE} RETURNING relationship_id AS id`,
        [now, after],
      );
      if (rows.length === 0) return null;
      const changed = await deriveReferrals(client, now);
      await recountTiers(client, now);
      return { changed, last: rows.reduce((greatest, { id }) => (id > greatest ? id : greatest), '') };
    });
    if (page === null) return advanced;
    advanced += page.changed;
    after = page.last;
  }
  return advanced;
}
