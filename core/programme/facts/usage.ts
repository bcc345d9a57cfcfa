import type { Client } from '../../postgres/connection.ts';

/** Usage and purchases of the page: what moves stages. Their credits are posted at the end (`postCredits`). */
export async function applyUsage(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.usages (event_id, at, user_id, app_id, amount)
     SELECT event_id, at, user_id, content ->> 'app_id', (content ->> 'amount')::int FROM umpire_page WHERE type = 'credits.used'
     ON CONFLICT DO NOTHING`,
  );
  await client.query(
    `INSERT INTO umpire.purchases (event_id, at, user_id, amount)
     SELECT event_id, at, user_id, (content ->> 'amount')::int FROM umpire_page WHERE type = 'credits.purchased'
     ON CONFLICT DO NOTHING`,
  );
  await client.query(
    `INSERT INTO umpire_touched
     SELECT DISTINCT r.relationship_id FROM umpire_page AS p JOIN umpire.referrals AS r ON r.referee_id = p.user_id
     WHERE p.type IN ('credits.used', 'credits.purchased')
     ON CONFLICT DO NOTHING`,
  );
  // Usage between registration and qualification (minimal_activity).
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT DISTINCT r.relationship_id FROM umpire_page AS p
     JOIN umpire.referrals AS r ON r.referee_id = p.user_id AND p.at BETWEEN r.at AND r.qualified_at
     WHERE p.type = 'credits.used'
     ON CONFLICT DO NOTHING`,
  );
}
