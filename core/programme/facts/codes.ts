import type { Client } from '../../postgres/connection.ts';
import { settleCreations } from '../codes/settle.ts';

/**
 * Codes of the page, and those that are made by another attempt because of it, each put together from everything ever said of
 * it: the attempt that made it gives its owner and type, the latest event that named a field gives that field.
 */
export async function applyCodes(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.code_events (event_id, at, code, kind, fields)
     SELECT event_id, at, content ->> 'code', CASE type WHEN 'code.created' THEN 'created' ELSE 'updated' END, content -> 'fields'
     FROM umpire_page WHERE type IN ('code.created', 'code.updated')
     ON CONFLICT DO NOTHING`,
  );
  await settleCreations(client);
  await client.query(
    `WITH affected AS (
       SELECT code FROM umpire_changed_codes
       UNION
       SELECT content ->> 'code' FROM umpire_page WHERE type = 'code.updated'
     )
     INSERT INTO referrals.codes AS c (id, user_id, code, type, source_app_id, is_active, max_uses, expires_at, metadata, created_at)
     SELECT md5('code:' || a.code)::uuid, first.fields ->> 'user_id', a.code, (first.fields ->> 'type')::public.referral_code_type,
       first.fields ->> 'source_app_id', coalesce(active.value, true), uses.value, expiry.value, first.fields ->> 'metadata', first.at
     FROM affected AS a
     JOIN umpire.code_events AS first ON first.code = a.code AND first.outcome = 'accepted'
     LEFT JOIN LATERAL (
       SELECT (e.fields ->> 'is_active')::boolean AS value FROM umpire.code_events AS e
       WHERE e.code = a.code AND (e.kind = 'updated' OR e.event_id = first.event_id) AND e.fields ? 'is_active'
       ORDER BY e.at DESC, e.event_id DESC LIMIT 1
     ) AS active ON true
     LEFT JOIN LATERAL (
       SELECT (e.fields ->> 'max_uses')::int AS value FROM umpire.code_events AS e
       WHERE e.code = a.code AND (e.kind = 'updated' OR e.event_id = first.event_id) AND e.fields ? 'max_uses'
       ORDER BY e.at DESC, e.event_id DESC LIMIT 1
     ) AS uses ON true
     LEFT JOIN LATERAL (
       SELECT (e.fields ->> 'expires_at')::timestamptz AS value FROM umpire.code_events AS e
       WHERE e.code = a.code AND (e.kind = 'updated' OR e.event_id = first.event_id) AND e.fields ? 'expires_at'
       ORDER BY e.at DESC, e.event_id DESC LIMIT 1
     ) AS expiry ON true
     ORDER BY a.code
     ON CONFLICT (code) DO UPDATE SET user_id = excluded.user_id, type = excluded.type, source_app_id = excluded.source_app_id,
       is_active = excluded.is_active, max_uses = excluded.max_uses, expires_at = excluded.expires_at,
       metadata = excluded.metadata, created_at = excluded.created_at
     WHERE (c.user_id, c.type, c.source_app_id, c.is_active, c.max_uses, c.expires_at, c.metadata, c.created_at) IS DISTINCT FROM
       (excluded.user_id, excluded.type, excluded.source_app_id, excluded.is_active, excluded.max_uses, excluded.expires_at,
        excluded.metadata, excluded.created_at)`,
  );
  // A code that was made earlier than was known makes registrations through it less rapid.
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT r.relationship_id FROM umpire_changed_codes AS x
     JOIN referrals.codes AS c ON c.code = x.code JOIN umpire.referrals AS r ON r.code_id = c.id
     ON CONFLICT DO NOTHING`,
  );
}
