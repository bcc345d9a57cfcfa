import { z } from 'zod';
import type { Party } from '../contract/case.ts';
import { shortHash } from '../domain/short-hash.ts';
import { TIERS } from '../domain/vocabulary.ts';
import { dbCount, dbInstant, type Queryable, rows } from '../postgres/rows.ts';

const person = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  created_at: dbInstant,
  tier: z.enum(TIERS),
  credits: z.number().int(),
  email_local: z.string().nullable(),
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

const usage = z.object({
  user_id: z.string(),
  app_id: z.string(),
  first_at: dbInstant,
  last_at: dbInstant,
  uses: dbCount,
});

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

/** All that is known of one side; the parts of a case are computed from it. */
export type PartyFacts = {
  readonly person: z.infer<typeof person>;
  /** Most recent first. */
  readonly usages: readonly z.infer<typeof usage>[];
  /** Newest first; bounded, see `SIGHTINGS`. */
  readonly sightings: readonly PartySighting[];
};

/** More fingerprints than anybody reads; a person with more is seen by the newest. */
const SIGHTINGS = 200;

/** The facts of the people of a case, in the order of the ids. */
export async function readParties<Ids extends readonly string[]>(
  db: Queryable,
  userIds: Ids,
): Promise<{ [Index in keyof Ids]: PartyFacts }>;
export async function readParties(db: Queryable, userIds: readonly string[]): Promise<PartyFacts[]> {
  const people = await rows(db, person, PEOPLE, [userIds]);
  const usages = await rows(
    db,
    usage,
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
  return userIds.map((userId) => {
    const found = people.find(({ id }) => id === userId);
    if (found === undefined) throw new Error('A referral names a user that does not exist.');
    return {
      person: found,
      usages: usages.filter((use) => use.user_id === userId),
      sightings: sightings.filter((seen) => seen.user_id === userId),
    };
  });
}

// The last address whose country is known: logins do not bring it. A database that another service writes has first sightings only.
const PEOPLE = `
  SELECT u.id, u.name, k.email, u.created_at, coalesce(t.tier, 'bronze') AS tier, k.email_local,
    coalesce(umpire.credits_of(u.id), 0) AS credits, place.country, place.asn,
    bought.purchases, bought.purchased, bought.first_at AS first_purchase_at, bought.last_at AS last_purchase_at,
    brought.*
  FROM auth.users u
  LEFT JOIN referrals.user_tiers t ON t.user_id = u.id
  JOIN umpire.people_seen k ON k.id = u.id
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

/** One column of a case. */
export function partyOf({ person, usages, sightings }: PartyFacts): Party {
  const devices = sightings.flatMap(({ device_hash: device }) => device ?? []);
  return {
    userId: person.id,
    name: person.name,
    email: person.email,
    createdAt: person.created_at,
    tier: person.tier,
    apps: usages.map((use) => use.app_id),
    firstUsageAt: earliest(usages.map((use) => use.first_at)),
    firstPurchaseAt: person.first_purchase_at,
    devices: [...new Set(devices)].map(shortHash),
    addresses: [...new Set(sightings.map((seen) => seen.ip_hash))].map(shortHash),
    country: person.country,
    asn: person.asn,
    credits: person.credits,
    referrals: {
      made: person.made,
      qualified: person.qualified,
      approved: person.approved,
      rejected: person.rejected,
      open: person.open,
    },
  };
}

/** All are ISO 8601 in UTC of one length, so that the order of texts is the order of time. */
function earliest(instants: readonly string[]): string | null {
  return instants.reduce<string | null>((first, at) => (first === null || at < first ? at : first), null);
}
