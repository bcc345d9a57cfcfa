import type { Client } from '../../postgres/connection.ts';
import { copyFacts, type CopiedFacts } from './facts.ts';

/** Where users were first seen. The hashes are the owner's own: that they are equal is all that matters. */
export const SIGHTINGS: CopiedFacts = {
  table: 'umpire.sightings',
  columns: [
    'event_id',
    'at',
    'user_id',
    'context',
    'ip_hash',
    'device_hash',
    'user_agent_hash',
    'ip_type',
    'ip_country',
    'ip_asn',
    'fingerprint_id',
  ],
  // The owner's hashes say nothing of networks.
  constant: { column: 'network_hashes', value: `'{}'` },
  wanted: () => `
    SELECT ('sighting:' || l.user_id || ':' || l.fingerprint_id) COLLATE "C" AS event_id, l.seen_at AS at, l.user_id,
      coalesce(l.context, 'unknown') AS context, f.ip_hash COLLATE "C" AS ip_hash, nullif(f.device_hash, '') COLLATE "C" AS device_hash,
      nullif(f.user_agent_hash, '') COLLATE "C" AS user_agent_hash, f.ip_type, f.ip_country, f.ip_asn, f.id AS fingerprint_id
    FROM referrals.user_fingerprints AS l JOIN referrals.fingerprints AS f ON f.id = l.fingerprint_id
    WHERE l.user_id = ANY ($1)
      AND NOT EXISTS (SELECT 1 FROM umpire.users AS k WHERE k.user_id = l.user_id AND k.erased_at IS NOT NULL)`,
};

/**
 * Copies where these users were seen. Where the owner purged one, the copy goes too, and what fired because of it is kept
 * and not derived any more (SPEC 1).
 */
export async function copySightings(client: Client, userIds: readonly string[]): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_wanted_sightings (
       event_id text COLLATE "C" PRIMARY KEY, at timestamptz, user_id text, context text, ip_hash text COLLATE "C",
       device_hash text COLLATE "C", user_agent_hash text COLLATE "C", ip_type text, ip_country text, ip_asn text, fingerprint_id uuid
     ) ON COMMIT DELETE ROWS`,
  );
  await client.query(
    `INSERT INTO umpire_wanted_sightings ${SIGHTINGS.wanted({ ledger: false, salt: '' })}
     ON CONFLICT DO NOTHING`,
    [userIds],
  );
  // A referrer was seen where a registration came from (same_ip, same_device).
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT r.relationship_id
     FROM umpire_wanted_sightings AS w LEFT JOIN umpire.sightings AS s ON s.event_id = w.event_id
     JOIN umpire.referrals AS r ON r.referrer_id = w.user_id
       AND (r.ip_hash = w.ip_hash OR r.ip_hash = s.ip_hash OR r.device_hash = w.device_hash OR r.device_hash = s.device_hash)
     WHERE (w.at, w.context, w.ip_hash, w.device_hash) IS DISTINCT FROM (s.at, s.context, s.ip_hash, s.device_hash)
     ON CONFLICT DO NOTHING`,
  );
  // One that came back under another fingerprint was merged, and not purged.
  await client.query(
    `INSERT INTO umpire.kept_evidence (relationship_id, signal, evidence)
     SELECT e.relationship_id, e.signal, e.evidence
     FROM umpire.sightings AS s
     JOIN umpire.referrals AS r ON r.referrer_id = s.user_id
     JOIN umpire.evidence AS e ON e.relationship_id = r.relationship_id AND e.signal IN ('same_ip', 'same_device')
       AND e.evidence ->> 'sightingId' = s.event_id
     WHERE s.user_id = ANY ($1) AND NOT EXISTS (
       SELECT 1 FROM umpire_wanted_sightings AS w WHERE w.event_id = s.event_id
         OR w.user_id = s.user_id AND w.ip_hash = s.ip_hash AND w.device_hash IS NOT DISTINCT FROM s.device_hash)
     ON CONFLICT DO NOTHING`,
    [userIds],
  );
  const copy = copyFacts(SIGHTINGS, 'umpire_wanted_sightings');
  await client.query(copy.remove, [userIds]);
  await client.query(copy.write);
}
