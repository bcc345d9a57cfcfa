import type { Client } from '../../postgres/connection.ts';

/** Attempts to register; whether each is accepted is settled next (`settleRegistrations`). */
export async function applyRegistrations(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.registrations (event_id, at, referee_id, code, source_app_id, ip_hash, network_hashes, device_hash,
       ip_type, fingerprint_id, pattern_hits)
     SELECT p.event_id, p.at, p.user_id, c.code, c.source_app_id, c.ip_hash, c.network_hashes, c.device_hash, c.ip_type,
       umpire.fingerprint_id(c.ip_hash, c.device_hash), c.pattern_hits
     FROM umpire_page AS p
     CROSS JOIN LATERAL jsonb_to_record(p.content) AS c (code text, source_app_id text, ip_hash text, network_hashes text[],
       device_hash text, ip_type text, pattern_hits uuid[])
     WHERE p.type = 'referral.registered'
     ON CONFLICT DO NOTHING`,
  );
}
