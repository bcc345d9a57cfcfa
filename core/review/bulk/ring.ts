import { z } from 'zod';
import { type Queryable, rows } from '../../postgres/rows.ts';
import { MOST_CONNECTED } from '../crowd.ts';

/** Where a ring ends that would not: what it found by then is taken. */
const MOST_USERS = 5000;
const MOST_ROUNDS = 12;
/** A referrer with more referrals than this is a channel and connects nobody; the referrals themselves still hang on their places. */
const MOST_REFERRALS = 500;

const userId = z.object({ id: z.string() });

/**
 * The open items that hang together with this one: by devices and addresses that few use, and by who referred whom. In the
 * order of their ids; the item itself is among them where it is open. Empty when there is no such item.
 */
export async function ringOf(db: Queryable, itemId: string): Promise<string[]> {
  const [people] = await rows(
    db,
    z.object({ referrer: z.string(), referee: z.string() }),
    `SELECT r.referrer_id AS referrer, r.referee_id AS referee FROM referrals.review_queue AS q
     JOIN referrals.relationships AS r ON r.id = q.relationship_id WHERE q.id = $1`,
    [itemId],
  );
  if (people === undefined) return [];
  const found = new Set([people.referrer, people.referee]);
  let frontier = [...found];
  for (let round = 0; round < MOST_ROUNDS && frontier.length > 0 && found.size < MOST_USERS; round += 1) {
    const next = await neighbours(db, frontier);
    frontier = next.filter((id) => !found.has(id)).slice(0, MOST_USERS - found.size);
    for (const id of frontier) found.add(id);
  }
  const items = await rows(
    db,
    userId,
    `SELECT q.id FROM referrals.relationships AS r JOIN referrals.review_queue AS q ON q.relationship_id = r.id
     WHERE r.referee_id = ANY ($1) AND r.referrer_id = ANY ($1) AND q.status IN ('pending', 'escalated') ORDER BY q.id`,
    [[...found]],
  );
  return items.map(({ id }) => id);
}

/** Whoever shares a place with one of these users, referred one of them, or was referred by one. */
async function neighbours(db: Queryable, userIds: readonly string[]): Promise<string[]> {
  const found = await rows(
    db,
    userId,
    `WITH places AS MATERIALIZED (
       SELECT DISTINCT f.ip_hash, f.device_hash FROM referrals.user_fingerprints AS x
       JOIN referrals.fingerprints AS f ON f.id = x.fingerprint_id WHERE x.user_id = ANY ($1)
     ),
     shared AS (${placeSql('device_hash')} UNION ${placeSql('ip_hash')})
     SELECT s.user_id AS id FROM shared AS s
     UNION
     SELECT r.referrer_id FROM referrals.relationships AS r WHERE r.referee_id = ANY ($1)
     UNION
     SELECT o.referee_id FROM unnest($1::text[]) AS u (id) CROSS JOIN LATERAL (
       SELECT array_agg(k.referee_id) AS referees FROM (
         SELECT r.referee_id FROM referrals.relationships AS r WHERE r.referrer_id = u.id LIMIT ${MOST_REFERRALS + 1}
       ) AS k HAVING count(*) <= ${MOST_REFERRALS}
     ) AS few CROSS JOIN LATERAL unnest(few.referees) AS o (referee_id)
     ORDER BY id`,
    [userIds],
  );
  return found.map(({ id }) => id);
}

/** Users at those of the places that few use. */
function placeSql(column: 'device_hash' | 'ip_hash'): string {
  return `
    SELECT unnest(few.users) AS user_id FROM (SELECT DISTINCT p.${column} AS hash FROM places AS p WHERE p.${column} IS NOT NULL) AS p
    CROSS JOIN LATERAL (
      SELECT array_agg(k.user_id) AS users FROM (
        SELECT DISTINCT x.user_id FROM referrals.fingerprints AS f
        JOIN referrals.user_fingerprints AS x ON x.fingerprint_id = f.id WHERE f.${column} = p.hash LIMIT ${MOST_CONNECTED + 1}
      ) AS k HAVING count(*) <= ${MOST_CONNECTED}
    ) AS few`;
}
