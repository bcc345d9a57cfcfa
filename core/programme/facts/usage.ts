import type { Client } from '../../postgres/connection.ts';

/** Usage and purchases of the page: what moves stages. Their credits are posted at the end (`postCredits`). */
export async function applyUsage(client: Client): Promise<void> {
  await refuseOverflow(client);
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

/** Credits that a balance can still be counted with, in an `integer`; the rest is for bonuses that are being paid. */
const MOST = 2_000_000_000;

/** One user's impossible sums must not stop everybody else's events: those that would overflow are refused. */
async function refuseOverflow(client: Client): Promise<void> {
  await client.query(
    `WITH moved AS (
       SELECT event_id, user_id, sum((content ->> 'amount')::bigint) FILTER (WHERE type = 'credits.purchased') OVER so_far AS bought,
         sum((content ->> 'amount')::bigint) FILTER (WHERE type = 'credits.used') OVER so_far AS used
       FROM umpire_page WHERE type IN ('credits.used', 'credits.purchased')
       WINDOW so_far AS (PARTITION BY user_id, type ORDER BY at, event_id)
     ),
     over AS (
       SELECT m.event_id FROM moved AS m LEFT JOIN credits.balances AS b ON b.user_id = m.user_id
       WHERE greatest(coalesce(b.balance, 0)::bigint + coalesce(b.free_credits_remaining, 0), coalesce(b.total_earned, 0)) + coalesce(m.bought, 0) > ${MOST}
         OR greatest(coalesce(b.total_spent, 0), -coalesce(b.balance, 0)::bigint) + coalesce(m.used, 0) > ${MOST}
     ),
     gone AS (
       DELETE FROM umpire_page AS p USING over
       WHERE p.event_id = over.event_id RETURNING p.event_id
     )
     UPDATE umpire.events AS e SET status = 'refused', reason = 'credits_out_of_range', content = NULL
     FROM gone WHERE gone.event_id = e.event_id`,
  );
}
