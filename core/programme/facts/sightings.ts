import type { Client } from '../../postgres/connection.ts';

/** Where users of the page were seen, and the fingerprints that follow from all sightings ever. */
export async function applySightings(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.sightings (event_id, at, user_id, context, ip_hash, network_hashes, device_hash, user_agent_hash,
       ip_type, ip_country, ip_asn, fingerprint_id)
     SELECT p.event_id, p.at, p.user_id, c.context, c.ip_hash, c.network_hashes, c.device_hash, c.user_agent_hash,
       c.ip_type, c.ip_country, c.ip_asn, umpire.fingerprint_id(c.ip_hash, c.device_hash)
     FROM umpire_page AS p
     CROSS JOIN LATERAL jsonb_to_record(p.content) AS c (context text, ip_hash text, network_hashes text[], device_hash text,
       user_agent_hash text, ip_type text, ip_country text, ip_asn text)
     WHERE p.type IN ('user.seen', 'referral.registered')
     ON CONFLICT DO NOTHING`,
  );
  await writeFingerprints(client, 'umpire_page AS p JOIN umpire.sightings AS s ON s.event_id = p.event_id');
  await client.query(
    `INSERT INTO referrals.user_fingerprints AS f (user_id, fingerprint_id, seen_at, context)
     SELECT n.user_id, n.fingerprint_id, first.at, first.context
     FROM (
       SELECT DISTINCT s.user_id, s.fingerprint_id, s.ip_hash
       FROM umpire_page AS p JOIN umpire.sightings AS s ON s.event_id = p.event_id
     ) AS n
     CROSS JOIN LATERAL (
       SELECT s.at, s.context FROM umpire.sightings AS s
       WHERE s.user_id = n.user_id AND s.ip_hash = n.ip_hash AND s.fingerprint_id = n.fingerprint_id
       ORDER BY s.at, s.event_id LIMIT 1
     ) AS first
     ORDER BY n.user_id, n.fingerprint_id
     ON CONFLICT (user_id, fingerprint_id) DO UPDATE SET seen_at = excluded.seen_at, context = excluded.context
     WHERE (f.seen_at, f.context) IS DISTINCT FROM (excluded.seen_at, excluded.context)`,
  );
  // A referrer was seen where a later registration came from (same_ip, same_device).
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT r.relationship_id
     FROM umpire_page AS p JOIN umpire.sightings AS s ON s.event_id = p.event_id
     JOIN umpire.referrals AS r ON r.referrer_id = s.user_id AND (r.at, r.event_id) > (s.at, s.event_id)
       AND (r.ip_hash = s.ip_hash OR r.device_hash = s.device_hash)
     ON CONFLICT DO NOTHING`,
  );
}

/** Writes the fingerprints of these sightings (a FROM clause that names them `s`) as all sightings there say. */
export async function writeFingerprints(client: Client, sightings: string): Promise<void> {
  await client.query(
    `INSERT INTO referrals.fingerprints AS f (id, ip_hash, device_hash, ip_type, ip_country, ip_asn, user_agent_hash, first_seen_at, last_seen_at)
     SELECT n.fingerprint_id, n.ip_hash, n.device_hash, coalesce(kind.ip_type, 'unknown'), country.ip_country, asn.ip_asn,
       agent.user_agent_hash, span.first, span.last
     FROM (SELECT DISTINCT s.fingerprint_id, s.ip_hash, s.device_hash FROM ${sightings}) AS n
     CROSS JOIN LATERAL (
       SELECT min(s.at) AS first, max(s.at) AS last FROM umpire.sightings AS s WHERE s.fingerprint_id = n.fingerprint_id
     ) AS span
     LEFT JOIN LATERAL (
       SELECT s.ip_type FROM umpire.sightings AS s WHERE s.fingerprint_id = n.fingerprint_id AND s.ip_type <> 'unknown'
       ORDER BY s.at DESC, s.event_id DESC LIMIT 1
     ) AS kind ON true
     LEFT JOIN LATERAL (
       SELECT s.ip_country FROM umpire.sightings AS s WHERE s.fingerprint_id = n.fingerprint_id AND s.ip_country IS NOT NULL
       ORDER BY s.at DESC, s.event_id DESC LIMIT 1
     ) AS country ON true
     LEFT JOIN LATERAL (
       SELECT s.ip_asn FROM umpire.sightings AS s WHERE s.fingerprint_id = n.fingerprint_id AND s.ip_asn IS NOT NULL
       ORDER BY s.at DESC, s.event_id DESC LIMIT 1
     ) AS asn ON true
     LEFT JOIN LATERAL (
       SELECT s.user_agent_hash FROM umpire.sightings AS s WHERE s.fingerprint_id = n.fingerprint_id AND s.user_agent_hash IS NOT NULL
       ORDER BY s.at DESC, s.event_id DESC LIMIT 1
     ) AS agent ON true
     ORDER BY n.fingerprint_id
     ON CONFLICT (id) DO UPDATE SET ip_type = excluded.ip_type, ip_country = excluded.ip_country, ip_asn = excluded.ip_asn,
       user_agent_hash = excluded.user_agent_hash, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at
     WHERE (f.ip_type, f.ip_country, f.ip_asn, f.user_agent_hash, f.first_seen_at, f.last_seen_at) IS DISTINCT FROM
       (excluded.ip_type, excluded.ip_country, excluded.ip_asn, excluded.user_agent_hash, excluded.first_seen_at, excluded.last_seen_at)`,
  );
}
