import type { Client } from '../../postgres/connection.ts';
import { emailColumns } from '../import/prepare.ts';

/**
 * Makes Umpire's own row of a user whom the product wrote to auth.users itself, perhaps in this very transaction. Events that waited
 * for that user are staged again; returns their ids.
 */
export async function adoptUser(client: Client, userId: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ email: string }>(
    `SELECT u.email FROM auth.users AS u
     WHERE u.id = $1 AND NOT EXISTS (SELECT 1 FROM umpire.users AS k WHERE k.user_id = u.id)`,
    [userId],
  );
  const user = rows[0];
  if (user === undefined) return [];
  await client.query(
    `INSERT INTO umpire.users (user_id, email_local, email_domain, disposable_domain, email_weak, email_free)
     SELECT $1, c.email_local, c.email_domain, c.disposable_domain, c.email_weak, c.email_free
     FROM jsonb_to_record($2::jsonb) AS c (email_local text, email_domain text, disposable_domain text, email_weak boolean, email_free boolean)`,
    [userId, JSON.stringify(emailColumns(user.email))],
  );
  const woken = await client.query<{ event_id: string }>(
    `UPDATE umpire.events SET status = 'staged', waits_for = NULL, reason = NULL WHERE status = 'parked' AND waits_for = $1
     RETURNING event_id`,
    [userId],
  );
  return woken.rows.map(({ event_id: id }) => id);
}

/** Events that wait for a user of the page, or for an e-mail address that one of them has. */
export async function waitingBehindPage(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT e.event_id FROM umpire.events AS e WHERE e.status = 'parked' AND e.waits_for IN (
       SELECT p.user_id FROM umpire_page AS p WHERE p.user_id IS NOT NULL
       UNION ALL
       SELECT 'email:' || u.email FROM umpire_page AS p JOIN auth.users AS u ON u.id = p.user_id
     )`,
  );
  return rows.map(({ event_id: id }) => id);
}
