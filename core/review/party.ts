import { z } from 'zod';
import { TIERS } from '../domain/vocabulary.ts';
import { dbCount, dbInstant, type Queryable, rows } from '../postgres/rows.ts';

/** One side of a case as a person. */
export const person = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  created_at: dbInstant,
  tier: z.enum(TIERS),
  credits: z.number().int(),
  country: z.string().nullable(),
  asn: z.string().nullable(),
  purchases: dbCount,
  purchased: dbCount,
  first_purchase_at: dbInstant.nullable(),
  last_purchase_at: dbInstant.nullable(),
  made: dbCount,
  qualified: dbCount,
  approved: dbCount,
  rejected: dbCount,
  open: dbCount,
});
/** Canonical (SPEC 3); only what the two have in common is kept of it. */
const personRow = person.extend({ email_local: z.string().nullable() });

export const usage = z.object({
  app_id: z.string(),
  first_at: dbInstant,
  last_at: dbInstant,
  uses: dbCount,
});
const usageOf = usage.extend({ user_id: z.string() });

const sighting = z.object({
  user_id: z.string(),
  fingerprint_id: z.string(),
  ip_hash: z.string(),
  ip_type: z.string(),
  country: z.string().nullable(),
  device_hash: z.string().nullable(),
  flagged: z.boolean(),
  seen_at: dbInstant,
  context: z.string().nullable(),
});
/** A first sighting of a person at a fingerprint. */
export type PartySighting = z.infer<typeof sighting>;

/** All that the database knows of one person, before it is cut to what a case shows. */
export type PartyRows = {
  readonly person: z.infer<typeof personRow>;
  /** Most recent first. */
  readonly usages: readonly z.infer<typeof usage>[];
  /** Newest first; bounded, see `SIGHTINGS`. */
  readonly sightings: readonly PartySighting[];
};

/** More fingerprints than anybody reads; a person with more is seen by the newest. */
const SIGHTINGS = 200;

/** What is known of these people, by id. Throws where one does not exist. */
export async function readParties(db: Queryable, userIds: readonly string[]): Promise<(userId: string) => PartyRows> {
  const people = await rows(db, personRow, PEOPLE, [userIds]);
  const usages = await rows(
    db,
    usageOf,
    `SELECT user_id, app_id, min(at) AS first_at, max(at) AS last_at, count(*) AS uses
     FROM umpire.usages_seen WHERE user_id = ANY ($1) GROUP BY user_id, app_id ORDER BY last_at DESC, app_id`,
    [userIds],
  );
  const sightings = await rows(
    db,
    sighting,
    `SELECT seen.* FROM unnest($1::text[]) AS u (id) CROSS JOIN LATERAL (
       SELECT x.user_id, x.fingerprint_id, f.ip_hash, f.ip_type, f.ip_country AS country, f.device_hash,
         f.flagged_count > 0 AS flagged, x.seen_at, x.context
       FROM referrals.user_fingerprints x JOIN referrals.fingerprints f ON f.id = x.fingerprint_id
       WHERE x.user_id = u.id ORDER BY x.seen_at DESC, f.id LIMIT ${SIGHTINGS}) AS seen`,
    [userIds],
  );
  const usagesOf = Map.groupBy(usages, (use) => use.user_id);
  const sightingsOf = Map.groupBy(sightings, (seen) => seen.user_id);
  const found = new Map(people.map((one) => [one.id, one]));
  return (userId) => {
    const one = found.get(userId);
    if (one === undefined) throw new Error('A referral names a user that does not exist.');
    return { person: one, usages: usagesOf.get(userId) ?? [], sightings: sightingsOf.get(userId) ?? [] };
  };
}

// Whoever is seen is asked of each by itself: joined, the view asks it of everybody there is.
// The last address whose country is known: logins do not bring it. A database that another service writes has first sightings only.
const PEOPLE = `
  SELECT u.id, u.name, k.email, u.created_at, coalesce(t.tier, 'bronze') AS tier, k.email_local,
    coalesce(umpire.credits_of(u.id), 0) AS credits, place.country, place.asn,
    bought.purchases, bought.purchased, bought.first_at AS first_purchase_at, bought.last_at AS last_purchase_at,
    brought.*
  FROM auth.users u
  LEFT JOIN referrals.user_tiers t ON t.user_id = u.id
  CROSS JOIN LATERAL (SELECT p.email, p.email_local FROM umpire.people_seen p WHERE p.id = u.id OFFSET 0) AS k
  LEFT JOIN LATERAL (
    SELECT * FROM (
      (SELECT coalesce(s.ip_country, f.ip_country) AS country, coalesce(s.ip_asn, f.ip_asn) AS asn, s.at
       FROM umpire.sightings_seen s LEFT JOIN referrals.fingerprints f ON f.id = s.fingerprint_id
       WHERE s.user_id = u.id AND coalesce(s.ip_country, f.ip_country) IS NOT NULL
       ORDER BY s.at DESC, s.event_id DESC LIMIT 1)
      UNION ALL
      (SELECT f.ip_country, f.ip_asn, x.seen_at
       FROM referrals.user_fingerprints x JOIN referrals.fingerprints f ON f.id = x.fingerprint_id
       WHERE x.user_id = u.id AND f.ip_country IS NOT NULL ORDER BY x.seen_at DESC, f.id LIMIT 1)
    ) AS places ORDER BY at DESC LIMIT 1
  ) AS place ON true
  CROSS JOIN LATERAL (
    SELECT count(*) AS purchases, coalesce(sum(p.amount), 0) AS purchased, min(p.at) AS first_at, max(p.at) AS last_at
    FROM umpire.purchases_seen p WHERE p.user_id = u.id
  ) AS bought
  CROSS JOIN LATERAL (
    SELECT count(*) AS made, count(r.qualified_at) AS qualified,
      count(*) FILTER (WHERE 'approved' = ANY (judged.statuses)) AS approved,
      count(*) FILTER (WHERE 'rejected' = ANY (judged.statuses)) AS rejected,
      count(*) FILTER (WHERE judged.statuses && ARRAY['pending', 'escalated']) AS open
    FROM referrals.relationships r
    LEFT JOIN LATERAL (
      SELECT array_agg(q.status::text) AS statuses FROM referrals.review_queue q WHERE q.relationship_id = r.id
    ) AS judged ON true
    WHERE r.referrer_id = u.id
  ) AS brought
  WHERE u.id = ANY ($1)`;
