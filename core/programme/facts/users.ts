import type { Client } from '../../postgres/connection.ts';

/**
 * Users of the page: made, changed, deleted. The latest (at, id) wins for name and e-mail, the earliest for the account's
 * age. Events of users that are not known yet are parked, and those that waited for a user made here are staged again.
 */
export async function applyUsers(client: Client, now: Date): Promise<void> {
  await client.query(
    `WITH made AS (
       INSERT INTO auth.users (id, name, email, created_at, updated_at)
       SELECT user_id, content ->> 'name', content ->> 'email', at, at FROM (
         SELECT DISTINCT ON (user_id) * FROM umpire_page WHERE type = 'user.created' ORDER BY user_id, at, event_id
       ) AS first
       WHERE NOT EXISTS (SELECT 1 FROM auth.users AS u WHERE u.id = first.user_id)
       ORDER BY at, event_id
       ON CONFLICT DO NOTHING
       RETURNING id
     ),
     woken AS (
       UPDATE umpire.events AS e SET status = 'staged', waits_for = NULL, reason = NULL
       FROM made WHERE e.status = 'parked' AND e.waits_for = made.id
     )
     INSERT INTO umpire.users (user_id, name_at, name_event, email_at, email_event,
       email_local, email_domain, disposable_domain, email_weak, email_free)
     SELECT DISTINCT ON (p.user_id) p.user_id, p.at, p.event_id, p.at, p.event_id, p.content ->> 'email_local',
       p.content ->> 'email_domain', p.content ->> 'disposable_domain', (p.content ->> 'email_weak')::boolean, (p.content ->> 'email_free')::boolean
     FROM made JOIN umpire_page AS p ON p.user_id = made.id AND p.type = 'user.created'
     ORDER BY p.user_id, p.at, p.event_id`,
  );
  await park(client);
  // An account that is older than was known makes its referrer less new (new_account_referrer).
  await client.query(
    `WITH older AS (
       UPDATE auth.users AS u SET created_at = c.at
       FROM (SELECT user_id, min(at) AS at FROM umpire_page WHERE type = 'user.created' GROUP BY user_id) AS c
       WHERE u.id = c.user_id AND c.at < u.created_at
       RETURNING u.id
     )
     INSERT INTO umpire_rescored
     SELECT r.relationship_id FROM older JOIN umpire.referrals AS r ON r.referrer_id = older.id
     ON CONFLICT DO NOTHING`,
  );
  await rename(client, now);
  await changeEmails(client, now);
  await client.query(
    `UPDATE auth.users AS u SET deleted_at = d.at, updated_at = $1
     FROM (SELECT user_id, min(at) AS at FROM umpire_page WHERE type = 'user.deleted' GROUP BY user_id) AS d
     WHERE u.id = d.user_id AND (u.deleted_at IS NULL OR u.deleted_at > d.at)`,
    [now],
  );
}

/** Takes events out of the page whose user is not known. A user whose e-mail is taken was not made. */
async function park(client: Client): Promise<void> {
  await client.query(
    `WITH unknown AS (
       DELETE FROM umpire_page AS p
       WHERE p.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM auth.users AS u WHERE u.id = p.user_id)
       RETURNING p.event_id, p.type, p.user_id
     )
     UPDATE umpire.events AS e SET
       status = CASE WHEN n.type = 'user.created' THEN 'refused' ELSE 'parked' END,
       reason = CASE WHEN n.type = 'user.created' THEN 'email_taken' ELSE 'unknown_user' END,
       waits_for = CASE WHEN n.type = 'user.created' THEN NULL ELSE n.user_id END,
       content = CASE WHEN n.type = 'user.created' THEN NULL ELSE e.content END
     FROM unknown AS n WHERE n.event_id = e.event_id`,
  );
}

async function rename(client: Client, now: Date): Promise<void> {
  await client.query(
    `WITH latest AS (
       SELECT DISTINCT ON (user_id) user_id, at, event_id, content ->> 'name' AS name FROM umpire_page
       WHERE type IN ('user.created', 'user.updated') AND content ? 'name' ORDER BY user_id, at DESC, event_id DESC
     ),
     newer AS (
       UPDATE umpire.users AS k SET name_at = l.at, name_event = l.event_id
       FROM latest AS l WHERE k.user_id = l.user_id AND (k.name_at IS NULL OR (l.at, l.event_id) > (k.name_at, k.name_event))
       RETURNING k.user_id, l.name
     )
     UPDATE auth.users AS u SET name = n.name, updated_at = $1 FROM newer AS n WHERE u.id = n.user_id AND u.name <> n.name`,
    [now],
  );
}

/** One after the other, since an address that one user gives up may be the one that the next takes. Few events change one. */
async function changeEmails(client: Client, now: Date): Promise<void> {
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT p.event_id FROM umpire_page AS p JOIN umpire.users AS k ON k.user_id = p.user_id
     WHERE p.type IN ('user.created', 'user.updated') AND p.content ? 'email'
       AND (k.email_at IS NULL OR (p.at, p.event_id) > (k.email_at, k.email_event))
     ORDER BY p.at, p.event_id`,
  );
  for (const { event_id: eventId } of rows) {
    const { rows: changed } = await client.query<{ user_id: string; taken: boolean }>(
      `WITH wanted AS (
         SELECT p.*, EXISTS (SELECT 1 FROM auth.users AS o WHERE o.email = p.content ->> 'email' AND o.id <> p.user_id) AS taken
         FROM umpire_page AS p WHERE p.event_id = $1
       ),
       known AS (
         UPDATE umpire.users AS k SET email_at = w.at, email_event = w.event_id, email_local = w.content ->> 'email_local',
           email_domain = w.content ->> 'email_domain', disposable_domain = w.content ->> 'disposable_domain',
           email_weak = (w.content ->> 'email_weak')::boolean, email_free = (w.content ->> 'email_free')::boolean
         FROM wanted AS w WHERE k.user_id = w.user_id AND NOT w.taken
       ),
       addressed AS (
         UPDATE auth.users AS u SET email = w.content ->> 'email', updated_at = $2
         FROM wanted AS w WHERE u.id = w.user_id AND NOT w.taken
       ),
       refused AS (
         UPDATE umpire.events AS e SET status = 'refused', reason = 'email_taken', content = NULL
         FROM wanted AS w WHERE w.taken AND e.event_id = w.event_id
       )
       SELECT user_id, taken FROM wanted`,
      [eventId, now],
    );
    const change = changed[0];
    if (change === undefined || change.taken) continue;
    // Their own referral, those they made, and the later ones of whoever referred them (similar_email).
    await client.query(
      `INSERT INTO umpire_rescored
       SELECT relationship_id FROM umpire.referrals WHERE referee_id = $1 OR referrer_id = $1
       UNION
       SELECT later.relationship_id FROM umpire.referrals AS own
       JOIN umpire.referrals AS later ON later.referrer_id = own.referrer_id AND (later.at, later.event_id) > (own.at, own.event_id)
       WHERE own.referee_id = $1
       ON CONFLICT DO NOTHING`,
      [change.user_id],
    );
  }
}
