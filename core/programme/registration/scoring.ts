import type { Client } from '../../postgres/connection.ts';
import type { Key } from './places.ts';

/**
 * Locks the marks of referrals whose place is about to be contested: whoever scores one of them finishes first, from then on it
 * stands; the others wait until this transaction ends. `which` is SQL over umpire.registrations.
 */
async function waitForScoring(client: Client, which: string, values: readonly unknown[]): Promise<void> {
  await client.query(
    `WITH contested AS MATERIALIZED (
       SELECT md5('relationship:' || event_id)::uuid AS relationship_id FROM umpire.registrations
       WHERE NOT is_settled AND outcome = 'accepted' AND ${which}
     )
     SELECT count(*) FROM (
       SELECT 1 FROM umpire.dirty WHERE relationship_id IN (SELECT relationship_id FROM contested) ORDER BY relationship_id FOR UPDATE
     ) AS locked`,
    [...values],
  );
}

export function waitForScoringFrom(client: Client, from: Key): Promise<void> {
  return waitForScoring(client, '(at, event_id) >= ($1::timestamptz, $2)', [from.at, from.eventId]);
}

export function waitForScoringThrough(client: Client, codes: readonly string[]): Promise<void> {
  return waitForScoring(client, 'code = ANY ($1)', [codes]);
}
