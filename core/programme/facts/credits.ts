import type { Client } from '../../postgres/connection.ts';

/** Posts what users of the page bought and used. Last of all, because it locks balances (see the lock order in 0001). */
export async function postCredits(client: Client): Promise<void> {
  await client.query(
    `SELECT umpire.move_credits(array_agg(ROW('event:' || event_id, user_id,
       CASE type WHEN 'credits.used' THEN 'usage' ELSE 'purchase' END,
       CASE type WHEN 'credits.used' THEN -1 ELSE 1 END * (content ->> 'amount')::int,
       coalesce(content ->> 'app_id', 'credits'),
       CASE type WHEN 'credits.used' THEN 'Credits used' ELSE 'Credits purchased' END,
       NULL, at)::umpire.credit_move))
     FROM umpire_page WHERE type IN ('credits.used', 'credits.purchased') HAVING count(*) > 0`,
  );
}
