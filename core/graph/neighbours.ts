import { z } from 'zod';
import { SEVERITIES } from '../domain/vocabulary.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';

const seenAt = z.object({ kind: z.enum(['device', 'address']), hash: z.string(), user_id: z.string(), at: dbInstant });
/** A user at a device or an address, since when. */
export type SeenAt = z.infer<typeof seenAt>;

/** Sightings looked at for one place. Places with more accounts than are drawn are not asked for at all. */
const SIGHTINGS_A_PLACE = 400;

/** Everybody at these devices and addresses, each place by itself. */
export function readSeenAt(db: Queryable, devices: readonly string[], addresses: readonly string[]): Promise<SeenAt[]> {
  return rows(db, seenAt, `${seenSql('device', '$1')} UNION ALL ${seenSql('address', '$2')}`, [devices, addresses]);
}

function seenSql(kind: SeenAt['kind'], hashes: string): string {
  const column = kind === 'device' ? 'device_hash' : 'ip_hash';
  return `
    SELECT '${kind}' AS kind, h.hash, seen.user_id, min(seen.seen_at) AS at
    FROM unnest(${hashes}::text[]) AS h (hash) CROSS JOIN LATERAL (
      SELECT x.user_id, x.seen_at FROM referrals.fingerprints f
      JOIN referrals.user_fingerprints x ON x.fingerprint_id = f.id
      WHERE f.${column} = h.hash LIMIT ${SIGHTINGS_A_PLACE}) AS seen
    GROUP BY h.hash, seen.user_id`;
}

/** Since when these users were seen at these devices and addresses, of which the hashes; the crowd at a hub is not looked at. */
export function readSeenAmong(db: Queryable, userIds: readonly string[], hashes: readonly string[]): Promise<SeenAt[]> {
  return rows(
    db,
    seenAt,
    `SELECT place.kind, place.hash, x.user_id, min(x.seen_at) AS at
     FROM referrals.user_fingerprints x JOIN referrals.fingerprints f ON f.id = x.fingerprint_id
     CROSS JOIN LATERAL (VALUES ('device', f.device_hash), ('address', f.ip_hash)) AS place (kind, hash)
     WHERE x.user_id = ANY ($1) AND place.hash = ANY ($2)
     GROUP BY place.kind, place.hash, x.user_id ORDER BY place.kind DESC, place.hash, x.user_id`,
    [userIds, hashes],
  );
}

/** An hour to either side: the longest that a burst lasts (SPEC 3, bulk_registrations). */
const BURST = `interval '60 minutes'`;
const BURST_LIMIT = 100;

export type BurstOf = {
  readonly relationshipId: string;
  readonly referrerId: string;
  readonly code: { readonly id: string };
  readonly registeredAt: string;
};

/** For each of these referrals, other referees of the same code who registered within the burst around it, nearest first. */
export async function readBursts(
  db: Queryable,
  of: readonly BurstOf[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await rows(
    db,
    z.object({ relationship_id: z.string(), referee_ids: z.array(z.string()) }),
    `SELECT c.relationship_id, near.referee_ids
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[]) AS c (relationship_id, referrer_id, code_id, registered_at)
     CROSS JOIN LATERAL (
       SELECT array_agg(o.referee_id ORDER BY o.apart, o.event_id) AS referee_ids FROM (
         SELECT o.referee_id, o.event_id, abs(extract(epoch FROM o.at - c.registered_at)) AS apart FROM umpire.referrals o
         WHERE o.referrer_id = c.referrer_id AND o.code_id = c.code_id AND o.relationship_id <> c.relationship_id
           AND o.at BETWEEN c.registered_at - ${BURST} AND c.registered_at + ${BURST}
         ORDER BY apart, o.event_id LIMIT ${BURST_LIMIT}) AS o) AS near
     WHERE near.referee_ids IS NOT NULL`,
    [
      of.map((one) => one.relationshipId),
      of.map((one) => one.referrerId),
      of.map((one) => one.code.id),
      of.map((one) => one.registeredAt),
    ],
  );
  return new Map(found.map((one) => [one.relationship_id, one.referee_ids]));
}

const graphUser = z.object({
  id: z.string(),
  name: z.string(),
  /** How this user came: all null for one who was not referred. */
  referrer_id: z.string().nullable(),
  code_id: z.string().nullable(),
  registered_at: dbInstant.nullable(),
  flagged: z.boolean(),
  band: z.enum(SEVERITIES).nullable(),
});
export type GraphUser = z.infer<typeof graphUser>;

/** Names of users, and how they were referred. */
export function readGraphUsers(db: Queryable, userIds: readonly string[]): Promise<GraphUser[]> {
  return rows(
    db,
    graphUser,
    `SELECT u.id, u.name, r.referrer_id, r.code_id, r.registered_at, coalesce(r.is_flagged, false) AS flagged, s.band
     FROM auth.users u
     LEFT JOIN referrals.relationships r ON r.referee_id = u.id
     LEFT JOIN umpire.scores s ON s.relationship_id = r.id
     WHERE u.id = ANY ($1) ORDER BY u.id`,
    [userIds],
  );
}
