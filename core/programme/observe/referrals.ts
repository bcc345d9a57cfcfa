import type { Client, Pool } from '../../postgres/connection.ts';
import type { Scan } from './facts.ts';
import { copyPeople } from './people.ts';

const COLUMNS = [
  'relationship_id',
  'event_id',
  'at',
  'referrer_id',
  'referee_id',
  'code_id',
  'ip_hash',
  'device_hash',
  'ip_type',
  'fingerprint_id',
  'activated_event',
  'qualified_at',
  'qualified_event',
  'retained_event',
];
const list = (alias: string, columns: readonly string[] = COLUMNS): string =>
  columns.map((column) => `${alias}.${column}`).join(', ');

/**
 * What the owner's rows say of the relationships $1. A referral came from the earliest fingerprint that its referee has
 * from a registration. A service that links a user to a fingerprint but once may have none that says so: then it came from
 * the last one that was first seen in the day before it registered. Where the owner purged it, the hashes go, the kind of
 * address stays, and no other takes its place.
 */
const WANTED = `
  SELECT r.id AS relationship_id, ('relationship:' || r.id) COLLATE "C" AS event_id, r.registered_at AS at, r.referrer_id, r.referee_id,
    r.code_id, p.ip_hash COLLATE "C" AS ip_hash, p.device_hash COLLATE "C" AS device_hash,
    coalesce(p.ip_type, k.ip_type, 'unknown') AS ip_type, p.fingerprint_id,
    CASE WHEN r.activated_at IS NOT NULL THEN 'activated:' || r.id END COLLATE "C" AS activated_event, r.qualified_at,
    CASE WHEN r.qualified_at IS NOT NULL THEN 'qualified:' || r.id END COLLATE "C" AS qualified_event,
    CASE WHEN r.retained_at IS NOT NULL THEN 'retained:' || r.id END COLLATE "C" AS retained_event
  FROM referrals.relationships AS r
  LEFT JOIN umpire.referrals AS k ON k.relationship_id = r.id
  LEFT JOIN LATERAL (
    SELECT f.ip_hash, nullif(f.device_hash, '') AS device_hash, f.ip_type, f.id AS fingerprint_id
    FROM referrals.user_fingerprints AS l JOIN referrals.fingerprints AS f ON f.id = l.fingerprint_id
    CROSS JOIN LATERAL (SELECT coalesce(l.context = 'registration', false) AS is_registration) AS c
    WHERE l.user_id = r.referee_id
      AND (c.is_registration OR l.seen_at BETWEEN r.registered_at - interval '1 day' AND r.registered_at
        AND (k.relationship_id IS NULL OR k.fingerprint_id = f.id
          OR k.fingerprint_id IS NULL AND NOT EXISTS (SELECT 1 FROM umpire.kept_evidence AS e WHERE e.relationship_id = r.id)))
      AND NOT EXISTS (SELECT 1 FROM umpire.users AS e WHERE e.user_id = l.user_id AND e.erased_at IS NOT NULL)
    ORDER BY c.is_registration DESC, CASE WHEN c.is_registration THEN l.seen_at END, l.seen_at DESC, f.id LIMIT 1
  ) AS p ON true
  WHERE r.id = ANY ($1)`;

/** Of `referrals.codes AS c`: what rapid_registration looks at. */
const CODE_DIGEST = `extract(epoch FROM c.created_at)::text`;

export type Differing = {
  readonly id: string;
  /** Has no score, or shows another than Umpire gave it. */
  readonly unscored: boolean;
};

/** The relationships among these of which Umpire knows something else than the owner's rows say now. */
export async function differingReferrals(pool: Pool, ids: readonly string[]): Promise<Differing[]> {
  const { rows } = await pool.query<Differing>(
    `SELECT coalesce(w.relationship_id, f.relationship_id) AS id, coalesce(x.unscored, false) AS unscored
     FROM (${WANTED}) AS w
     FULL JOIN (SELECT ${COLUMNS.join(', ')} FROM umpire.referrals WHERE relationship_id = ANY ($1)) AS f
       ON f.relationship_id = w.relationship_id
     LEFT JOIN LATERAL (
       SELECT s.relationship_id IS NULL OR r.fraud_score <> s.score OR r.fraud_signals IS DISTINCT FROM e.names
         OR s.held_band = 'critical' AND NOT coalesce(s.held_band <= s.approved_band, false) AND NOT r.is_flagged AS unscored
       FROM referrals.relationships AS r
       LEFT JOIN umpire.scores AS s ON s.relationship_id = r.id
       CROSS JOIN LATERAL (
         SELECT coalesce(jsonb_agg(v.signal ORDER BY v.points DESC, v.signal), '[]')::text AS names
         FROM umpire.evidence AS v WHERE v.relationship_id = r.id
       ) AS e
       WHERE r.id = w.relationship_id AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = r.id)
     ) AS x ON true
     LEFT JOIN referrals.codes AS c ON c.id = w.code_id
     LEFT JOIN umpire.observed AS o ON o.kind = 'code' AND o.id = c.id::text
     WHERE ROW (${list('w')}) IS DISTINCT FROM ROW (${list('f')}) OR x.unscored OR ${CODE_DIGEST} IS DISTINCT FROM o.digest`,
    [ids],
  );
  return rows;
}

/**
 * Brings these referrals, and first the people in them, in line with the owner's rows, and marks for scoring all that look
 * at what changed. What is marked is locked before what is written: the lock order of 0001.
 */
export async function copyReferrals(client: Client, differing: readonly Differing[], scan: Scan): Promise<void> {
  const ids = differing.map(({ id }) => id);
  const columns = `relationship_id uuid PRIMARY KEY, event_id text COLLATE "C", at timestamptz, referrer_id text, referee_id text,
    code_id uuid, ip_hash text COLLATE "C", device_hash text COLLATE "C", ip_type text, fingerprint_id uuid, activated_event text COLLATE "C",
    qualified_at timestamptz, qualified_event text COLLATE "C", retained_event text COLLATE "C"`;
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS umpire_wanted_referrals (${columns}) ON COMMIT DELETE ROWS`);
  await client.query(`INSERT INTO umpire_wanted_referrals ${WANTED}`, [ids]);
  const people = await client.query<{ id: string }>(
    `SELECT x.id FROM (SELECT * FROM umpire_wanted_referrals) AS w CROSS JOIN LATERAL (VALUES (w.referrer_id), (w.referee_id)) AS x (id)
     UNION
     SELECT x.id FROM umpire.referrals AS r CROSS JOIN LATERAL (VALUES (r.referrer_id), (r.referee_id)) AS x (id)
     WHERE r.relationship_id = ANY ($1)`,
    [ids],
  );
  // Scored without what is known of its people, a referral could be paid that should not be.
  await copyPeople(
    client,
    people.rows.map(({ id }) => id),
    scan,
  );
  await keepPurged(client);
  await noteRescored(client, differing);
  const gone = await client.query<{ id: string }>(
    `SELECT r.relationship_id AS id FROM umpire.referrals AS r
     WHERE r.relationship_id = ANY ($1) AND NOT EXISTS (SELECT 1 FROM umpire_wanted_referrals AS w WHERE w.relationship_id = r.relationship_id)`,
    [ids],
  );
  const goneIds = gone.rows.map(({ id }) => id);
  await client.query('DELETE FROM umpire_rescored WHERE relationship_id = ANY ($1)', [goneIds]);
  await client.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire_rescored');
  if (goneIds.length > 0) await forgetReferrals(client, goneIds);
  await writeReferrals(client);
}

/** What fired because of a fingerprint that the owner purged is kept and not derived any more (SPEC 1). */
async function keepPurged(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.kept_evidence (relationship_id, signal, evidence)
     SELECT e.relationship_id, e.signal, e.evidence
     FROM umpire_wanted_referrals AS w
     JOIN umpire.referrals AS f ON f.relationship_id = w.relationship_id AND f.fingerprint_id IS NOT NULL
     JOIN umpire.evidence AS e ON e.relationship_id = w.relationship_id
     WHERE w.fingerprint_id IS NULL AND (e.signal IN ('same_ip', 'same_device', 'vpn_proxy')
       OR e.signal LIKE 'pattern:%' AND e.evidence ->> 'matched' IN ('address', 'network', 'device'))
     ON CONFLICT DO NOTHING`,
  );
}

async function noteRescored(client: Client, differing: readonly Differing[]): Promise<void> {
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT w.relationship_id FROM umpire_wanted_referrals AS w LEFT JOIN umpire.referrals AS f ON f.relationship_id = w.relationship_id
     WHERE w.relationship_id = ANY ($1)
       OR (w.at, w.event_id, w.referrer_id, w.referee_id, w.code_id, w.qualified_at, w.ip_type)
         IS DISTINCT FROM (f.at, f.event_id, f.referrer_id, f.referee_id, f.code_id, f.qualified_at, f.ip_type)
       -- A fingerprint that was purged is no reason to score again.
       OR w.fingerprint_id IS NOT NULL AND (w.ip_hash, w.device_hash) IS DISTINCT FROM (f.ip_hash, f.device_hash)
     ON CONFLICT DO NOTHING`,
    [differing.filter(({ unscored }) => unscored).map(({ id }) => id)],
  );
  // Whoever registered near one that came, moved or went (rapid_registration, bulk_registrations, similar_email).
  await client.query(
    `WITH moved AS (
       SELECT x.referrer_id, x.at
       FROM (SELECT * FROM umpire.referrals WHERE relationship_id = ANY ($1)) AS f
       FULL JOIN umpire_wanted_referrals AS w ON w.relationship_id = f.relationship_id
       CROSS JOIN LATERAL (VALUES (f.referrer_id, f.at), (w.referrer_id, w.at)) AS x (referrer_id, at)
       WHERE (w.at, w.referrer_id, w.referee_id) IS DISTINCT FROM (f.at, f.referrer_id, f.referee_id) AND x.at IS NOT NULL
     )
     INSERT INTO umpire_rescored
     SELECT n.relationship_id FROM (SELECT referrer_id, min(at) AS at FROM moved GROUP BY referrer_id) AS c
     JOIN umpire.referrals AS n ON n.referrer_id = c.referrer_id AND n.at > c.at - interval '60 minutes'
     ON CONFLICT DO NOTHING`,
    [differing.map(({ id }) => id)],
  );
  // Every referral through a code whose time of making changed (rapid_registration).
  await client.query(
    `WITH changed AS (
       SELECT c.id, ${CODE_DIGEST} AS digest, o.digest IS NULL AS is_new
       FROM (SELECT DISTINCT code_id FROM umpire_wanted_referrals) AS w JOIN referrals.codes AS c ON c.id = w.code_id
       LEFT JOIN umpire.observed AS o ON o.kind = 'code' AND o.id = c.id::text
       WHERE ${CODE_DIGEST} IS DISTINCT FROM o.digest
     ),
     noted AS (
       INSERT INTO umpire.observed (kind, id, digest) SELECT 'code', id::text, digest FROM changed ORDER BY id
       ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest
     )
     INSERT INTO umpire_rescored
     SELECT r.id FROM changed AS c JOIN referrals.relationships AS r ON r.code_id = c.id
     JOIN umpire.referrals AS k ON k.relationship_id = r.id
     ON CONFLICT DO NOTHING`,
  );
}

/** As keys/0000 has it in programme mode. Whoever decides or scores one of them finishes first. */
async function forgetReferrals(client: Client, ids: readonly string[]): Promise<void> {
  for (const table of ['claims', 'second_opinions', 'objections']) {
    await client.query(
      `DELETE FROM umpire.${table} AS c USING umpire.items AS i WHERE i.item_id = c.item_id AND i.relationship_id = ANY ($1)`,
      [ids],
    );
  }
  for (const table of [
    'dirty',
    'referrals',
    'scores',
    'evidence',
    'kept_evidence',
    'known_evidence',
    'items',
    'decisions',
  ]) {
    await client.query(`DELETE FROM umpire.${table} WHERE relationship_id = ANY ($1)`, [ids]);
  }
}

async function writeReferrals(client: Client): Promise<void> {
  const own = COLUMNS.filter((column) => column !== 'relationship_id');
  const moved = await client.query<{ id: string }>(
    `SELECT f.relationship_id AS id FROM umpire_wanted_referrals AS w JOIN umpire.referrals AS f ON f.relationship_id = w.relationship_id
     WHERE w.qualified_at IS DISTINCT FROM f.qualified_at`,
  );
  await client.query(
    `INSERT INTO umpire.referrals AS f (${COLUMNS.join(', ')}, network_hashes, pattern_hits)
     SELECT ${list('w')}, '{}', '{}' FROM umpire_wanted_referrals AS w ORDER BY w.relationship_id
     ON CONFLICT (relationship_id) DO UPDATE SET ${own.map((column) => `${column} = excluded.${column}`).join(', ')}
     WHERE ROW (${list('f', own)}) IS DISTINCT FROM ROW (${list('excluded', own)})`,
  );
  // Due times follow qualification, so the items of the window do too.
  await client.query(
    `UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
     FROM referrals.review_queue AS q
     WHERE q.relationship_id = ANY ($1) AND i.item_id = q.id AND q.status IN ('pending', 'escalated')`,
    [moved.rows.map(({ id }) => id)],
  );
}
