import type { Client } from '../../postgres/connection.ts';

/** Patterns of the page: one for each type and value; the latest (at, id) that named a field gives it. */
export async function applyPatterns(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire.pattern_events (event_id, at, pattern_id, fields)
     SELECT p.event_id, p.at, coalesce(k.id, md5('pattern:' || (p.content ->> 'pattern_type') || ':' || (p.content ->> 'pattern_value'))::uuid),
       p.content -> 'fields'
     FROM umpire_page AS p
     LEFT JOIN LATERAL (
       SELECT f.id FROM referrals.fraud_patterns AS f
       WHERE f.pattern_type::text = p.content ->> 'pattern_type' AND f.pattern_value = p.content ->> 'pattern_value'
       ORDER BY f.created_at, f.id LIMIT 1
     ) AS k ON true
     WHERE p.type IN ('pattern.created', 'pattern.updated')
     ON CONFLICT DO NOTHING`,
  );
  if (rowCount === 0) return;
  await client.query(
    `WITH affected AS (
       SELECT DISTINCT e.pattern_id, p.content ->> 'pattern_type' AS pattern_type, p.content ->> 'pattern_value' AS pattern_value
       FROM umpire_page AS p JOIN umpire.pattern_events AS e ON e.event_id = p.event_id
     )
     INSERT INTO referrals.fraud_patterns AS f (id, pattern_type, pattern_value, severity, score_impact, description, is_active, created_at)
     SELECT a.pattern_id, a.pattern_type::public.fraud_pattern_type, a.pattern_value, (made.fields ->> 'severity')::public.fraud_severity,
       (made.fields ->> 'score_impact')::int, made.fields ->> 'description', (latest.fields ->> 'is_active')::boolean, first.at
     FROM affected AS a
     CROSS JOIN LATERAL (
       SELECT e.fields FROM umpire.pattern_events AS e WHERE e.pattern_id = a.pattern_id AND e.fields ? 'severity'
       ORDER BY e.at DESC, e.event_id DESC LIMIT 1
     ) AS made
     CROSS JOIN LATERAL (
       SELECT min(e.at) AS at FROM umpire.pattern_events AS e WHERE e.pattern_id = a.pattern_id AND e.fields ? 'severity'
     ) AS first
     CROSS JOIN LATERAL (
       SELECT e.fields FROM umpire.pattern_events AS e WHERE e.pattern_id = a.pattern_id ORDER BY e.at DESC, e.event_id DESC LIMIT 1
     ) AS latest
     ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, score_impact = excluded.score_impact,
       description = excluded.description, is_active = excluded.is_active, created_at = excluded.created_at`,
  );
  // An update of a pattern that somebody else made has no event that made it.
  await client.query(
    `UPDATE referrals.fraud_patterns AS f SET is_active = (latest.fields ->> 'is_active')::boolean
     FROM (
       SELECT DISTINCT ON (e.pattern_id) e.pattern_id, e.fields FROM umpire.pattern_events AS e
       WHERE e.pattern_id IN (SELECT n.pattern_id FROM umpire_page AS p JOIN umpire.pattern_events AS n ON n.event_id = p.event_id)
       ORDER BY e.pattern_id, e.at DESC, e.event_id DESC
     ) AS latest
     WHERE f.id = latest.pattern_id AND f.is_active <> (latest.fields ->> 'is_active')::boolean`,
  );
  await client.query(
    `INSERT INTO umpire.pattern_keys (pattern_id, kind, key)
     SELECT e.pattern_id, k.kind, k.key FROM umpire_page AS p
     JOIN umpire.pattern_events AS e ON e.event_id = p.event_id
     CROSS JOIN LATERAL jsonb_to_recordset(p.content -> 'keys') AS k (kind text, key text)
     WHERE p.type = 'pattern.created'
     ON CONFLICT DO NOTHING`,
  );
  // The referrals are marked below; whoever synchronises next has nothing left to do.
  await client.query(
    `INSERT INTO umpire.pattern_states (pattern_id, pattern_type, pattern_value, writer)
     SELECT id, pattern_type, pattern_value, xmin::text FROM referrals.fraud_patterns
     WHERE id IN (SELECT e.pattern_id FROM umpire_page AS p JOIN umpire.pattern_events AS e ON e.event_id = p.event_id)
     ORDER BY id
     ON CONFLICT (pattern_id) DO UPDATE SET writer = excluded.writer`,
  );
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT m.relationship_id
     FROM (SELECT DISTINCT e.pattern_id FROM umpire_page AS p JOIN umpire.pattern_events AS e ON e.event_id = p.event_id) AS c
     CROSS JOIN LATERAL umpire.pattern_matches(c.pattern_id) AS m
     ON CONFLICT DO NOTHING`,
  );
}
