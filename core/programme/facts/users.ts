import type { Client } from '../../postgres/connection.ts';

/**
 * Users of the page: made, changed, deleted. The latest (at, id) wins for name and e-mail, the earliest for the account's
 * age. Events of users that are not known yet are parked, and those that waited for a user made here are staged again.
 */
export async function applyUsers(client: Client, now: Date): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_contested_emails (email text PRIMARY KEY) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_made_users (user_id text PRIMARY KEY) ON COMMIT DELETE ROWS`,
  );
  await refuseErased(client);
  const { rowCount: told } = await client.query(
    `SELECT 1 FROM umpire_page WHERE type LIKE 'user.%' AND type <> 'user.seen' LIMIT 1`,
  );
  if (told === 0) return park(client);
  await client.query(
    `INSERT INTO umpire_contested_emails
     SELECT email FROM (
       SELECT p.content ->> 'email' AS email, p.user_id FROM umpire_page AS p
       WHERE p.type IN ('user.created', 'user.updated') AND p.content ? 'email'
       UNION
       SELECT u.email, u.id FROM umpire_page AS p JOIN auth.users AS u ON u.email = p.content ->> 'email'
       WHERE p.type IN ('user.created', 'user.updated')
     ) AS claimed GROUP BY email HAVING count(DISTINCT user_id) > 1`,
  );
  await makeUsers(
    client,
    `SELECT DISTINCT ON (p.user_id) p.event_id FROM umpire_page AS p
     WHERE p.type = 'user.created' AND NOT EXISTS (SELECT 1 FROM umpire_contested_emails AS c WHERE c.email = p.content ->> 'email')
     ORDER BY p.user_id, p.at, p.event_id`,
    [],
  );
  await applyContested(client, now);
  await wake(client);
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

/** Events that tell who a user is or where they were; an erased user's are refused, and what they say is not kept. */
export const PERSONAL_EVENTS = ['user.created', 'user.updated', 'user.seen', 'referral.registered'] as const;

async function refuseErased(client: Client): Promise<void> {
  await client.query(
    `WITH gone AS (
       DELETE FROM umpire_page AS p USING umpire.users AS k
       WHERE k.user_id = p.user_id AND k.erased_at IS NOT NULL AND p.type = ANY ($1) RETURNING p.event_id
     )
     UPDATE umpire.events AS e SET status = 'refused', reason = 'user_erased', content = NULL FROM gone WHERE gone.event_id = e.event_id`,
    [[...PERSONAL_EVENTS]],
  );
}

/** Makes the users of these `user.created` events that are not there yet and whose e-mail nobody has. */
async function makeUsers(client: Client, eventIds: string, values: unknown[]): Promise<void> {
  await client.query(
    `WITH chosen AS (SELECT p.* FROM umpire_page AS p WHERE p.event_id IN (${eventIds})),
     made AS (
       INSERT INTO auth.users (id, name, email, created_at, updated_at)
       SELECT user_id, content ->> 'name', content ->> 'email', at, at FROM chosen AS c
       WHERE NOT EXISTS (SELECT 1 FROM auth.users AS u WHERE u.id = c.user_id)
       ORDER BY at, event_id
       ON CONFLICT DO NOTHING
       RETURNING id
     ),
     noted AS (INSERT INTO umpire_made_users SELECT id FROM made ON CONFLICT DO NOTHING)
     INSERT INTO umpire.users (user_id, name_at, name_event, email_at, email_event,
       email_local, email_domain, disposable_domain, email_weak, email_free)
     SELECT c.user_id, c.at, c.event_id, c.at, c.event_id, c.content ->> 'email_local', c.content ->> 'email_domain',
       c.content ->> 'disposable_domain', (c.content ->> 'email_weak')::boolean, (c.content ->> 'email_free')::boolean
     FROM made JOIN chosen AS c ON c.user_id = made.id`,
    values,
  );
}

/** Where two users want one address, their events are taken one after the other: the earlier has it until it is given up. */
async function applyContested(client: Client, now: Date): Promise<void> {
  const { rows } = await client.query<{ event_id: string; user_id: string; type: string }>(
    `SELECT p.event_id, p.user_id, p.type FROM umpire_page AS p
     WHERE p.type IN ('user.created', 'user.updated') AND p.content ? 'email' AND EXISTS (
       SELECT 1 FROM umpire_contested_emails AS c
       WHERE c.email IN (SELECT o.content ->> 'email' FROM umpire_page AS o WHERE o.user_id = p.user_id AND o.type IN ('user.created', 'user.updated'))
         OR c.email = (SELECT u.email FROM auth.users AS u WHERE u.id = p.user_id)
     )
     ORDER BY p.at, p.event_id`,
  );
  for (const { event_id: eventId, type } of rows) {
    if (type === 'user.created') await makeUsers(client, '$1', [eventId]);
    await changeEmail(client, eventId, now);
  }
}

/** Stages again what waited for a user made here. */
async function wake(client: Client): Promise<void> {
  await client.query(
    `UPDATE umpire.events AS e SET status = 'staged', waits_for = NULL, reason = NULL
     FROM umpire_made_users AS m WHERE e.status = 'parked' AND e.waits_for = m.user_id`,
  );
}

/** Takes events out of the page whose user is not known; a user whose address is taken waits until it is free. */
async function park(client: Client): Promise<void> {
  await client.query(
    `WITH unknown AS (
       DELETE FROM umpire_page AS p
       WHERE p.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM auth.users AS u WHERE u.id = p.user_id)
       RETURNING p.event_id, p.type, p.user_id, p.content ->> 'email' AS email
     )
     UPDATE umpire.events AS e SET status = 'parked',
       reason = CASE WHEN n.type = 'user.created' THEN 'email_taken' ELSE 'unknown_user' END,
       waits_for = CASE WHEN n.type = 'user.created' THEN 'email:' || n.email ELSE n.user_id END
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
  for (const { event_id: eventId } of rows) await changeEmail(client, eventId, now);
}

/** Gives a known user the address of this event, where it is the latest said of them and nobody else has it. */
async function changeEmail(client: Client, eventId: string, now: Date): Promise<void> {
  const { rows } = await client.query<{ user_id: string; taken: boolean; old: string; email: string }>(
    `SELECT p.user_id, u.email AS old, p.content ->> 'email' AS email,
       EXISTS (SELECT 1 FROM auth.users AS o WHERE o.email = p.content ->> 'email' AND o.id <> p.user_id) AS taken
     FROM umpire_page AS p JOIN umpire.users AS k ON k.user_id = p.user_id JOIN auth.users AS u ON u.id = p.user_id
     WHERE p.event_id = $1 AND (k.email_at IS NULL OR (p.at, p.event_id) > (k.email_at, k.email_event))`,
    [eventId],
  );
  const change = rows[0];
  if (change === undefined) return;
  if (change.taken) {
    await client.query(
      `UPDATE umpire.events SET status = 'parked', reason = 'email_taken', waits_for = 'email:' || $2 WHERE event_id = $1`,
      [eventId, change.email],
    );
    return;
  }
  await client.query(
    `UPDATE umpire.users AS k SET email_at = p.at, email_event = p.event_id, email_local = p.content ->> 'email_local',
       email_domain = p.content ->> 'email_domain', disposable_domain = p.content ->> 'disposable_domain',
       email_weak = (p.content ->> 'email_weak')::boolean, email_free = (p.content ->> 'email_free')::boolean
     FROM umpire_page AS p WHERE p.event_id = $1 AND k.user_id = p.user_id`,
    [eventId],
  );
  await client.query('UPDATE auth.users SET email = $2, updated_at = $3 WHERE id = $1 AND email <> $2', [
    change.user_id,
    change.email,
    now,
  ]);
  if (change.old !== change.email) {
    await client.query(
      `UPDATE umpire.events SET status = 'staged', reason = NULL, waits_for = NULL
       WHERE status = 'parked' AND waits_for = 'email:' || $1`,
      [change.old],
    );
  }
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
