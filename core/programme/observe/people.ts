import { emailIdentity } from '../../engine/email/identity.ts';
import type { Client, Pool } from '../../postgres/connection.ts';
import { differingUsers, type Scan } from './facts.ts';
import { copySightings, SIGHTINGS } from './sightings.ts';
import { copyUsage, PURCHASES, USAGES } from './usage.ts';

/** What is noted of a user who was erased here: what the owner still holds of them is not copied again. */
const ERASED = 'erased';
/**
 * Of `auth.users AS u` and `umpire.users AS k`: all that signals look at. Keyed with $2, since an e-mail can be guessed from
 * a plain digest.
 */
const DIGEST = `CASE WHEN u.id IS NOT NULL AND k.erased_at IS NOT NULL THEN '${ERASED}'
  ELSE encode(sha256(convert_to($2::text || u.email || ' ' || extract(epoch FROM u.created_at), 'UTF8')), 'hex') END`;
const CHANGED = `FROM unnest($1::text[]) AS a (id)
  LEFT JOIN auth.users AS u ON u.id = a.id LEFT JOIN umpire.users AS k ON k.user_id = a.id
  LEFT JOIN umpire.observed AS o ON o.kind = 'user' AND o.id = a.id
  WHERE ${DIGEST} IS DISTINCT FROM o.digest`;

/** The users among these of whom Umpire knows something else than the owner's rows say now. */
export async function differingPeople(pool: Pool, userIds: readonly string[], scan: Scan): Promise<string[]> {
  const copied = [SIGHTINGS, USAGES, PURCHASES].map((facts) => differingUsers(facts, scan));
  const openings = `SELECT b.user_id FROM credits.balances AS b
    WHERE b.user_id = ANY ($1) AND NOT EXISTS (SELECT 1 FROM umpire.opening_balances AS o WHERE o.user_id = b.user_id)`;
  const { rows } = await pool.query<{ id: string }>(
    `SELECT a.id ${CHANGED}
     UNION ${[...copied, ...(scan.ledger ? [openings] : [])].join(' UNION ')}`,
    [userIds, scan.salt],
  );
  return rows.map(({ id }) => id);
}

/** Brings what is known of these users in line with the owner's rows; fills `umpire_rescored`. */
export async function copyPeople(client: Client, userIds: readonly string[], scan: Scan): Promise<void> {
  const { rows: changed } = await client.query<{ id: string; email: string | null; digest: string | null }>(
    `SELECT a.id, u.email, ${DIGEST} AS digest ${CHANGED}`,
    [userIds, scan.salt],
  );
  const erased = changed.filter(({ digest }) => digest === ERASED).map(({ id }) => id);
  await client.query(
    `INSERT INTO umpire.observed (kind, id, digest) SELECT 'user', id, $2 FROM unnest($1::text[]) AS x (id)
     ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest`,
    [erased, ERASED],
  );
  const others = changed.filter(({ digest }) => digest !== ERASED);
  if (others.length > 0) await copyIdentities(client, others);
  await copySightings(client, userIds);
  await copyUsage(client, userIds, scan);
  await client.query('SELECT umpire.record_openings($1)', [userIds]);
}

async function copyIdentities(
  client: Client,
  changed: readonly { id: string; email: string | null; digest: string | null }[],
): Promise<void> {
  // Their own referral, those they made, and the later ones of whoever referred them (similar_email, new_account_referrer).
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT relationship_id FROM umpire.referrals WHERE referee_id = ANY ($1)
     UNION
     SELECT relationship_id FROM umpire.referrals WHERE referrer_id = ANY ($1)
     UNION
     SELECT later.relationship_id FROM umpire.referrals AS own
     JOIN umpire.referrals AS later ON later.referrer_id = own.referrer_id AND (later.at, later.event_id) > (own.at, own.event_id)
     WHERE own.referee_id = ANY ($1)
     ON CONFLICT DO NOTHING`,
    [changed.map(({ id }) => id)],
  );
  const known = changed.flatMap(({ id, email, digest }) => {
    if (email === null) return [];
    const identity = emailIdentity(email);
    return [
      {
        id,
        digest,
        email_local: identity?.local ?? null,
        email_domain: identity?.domain ?? null,
        disposable_domain: identity?.disposableDomain ?? null,
        email_weak: identity?.weak ?? true,
        email_free: identity?.free ?? true,
      },
    ];
  });
  await client.query(
    `WITH known AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS k (id text, digest text, email_local text, email_domain text,
         disposable_domain text, email_weak boolean, email_free boolean)
     ),
     noted AS (
       INSERT INTO umpire.observed (kind, id, digest) SELECT 'user', id, digest FROM known
       ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest
     )
     INSERT INTO umpire.users (user_id, email_local, email_domain, disposable_domain, email_weak, email_free)
     SELECT id, email_local, email_domain, disposable_domain, email_weak, email_free FROM known
     ON CONFLICT (user_id) DO UPDATE SET email_local = excluded.email_local, email_domain = excluded.email_domain,
       disposable_domain = excluded.disposable_domain, email_weak = excluded.email_weak, email_free = excluded.email_free`,
    [JSON.stringify(known)],
  );
  const gone = changed.filter(({ email }) => email === null).map(({ id }) => id);
  if (gone.length > 0) await forgetUsers(client, gone);
}

/** What Umpire keeps of users whom the owner deleted goes with them, as keys/0000 has it in programme mode. */
async function forgetUsers(client: Client, userIds: readonly string[]): Promise<void> {
  for (const table of ['users', 'sightings', 'usages', 'purchases', 'opening_balances']) {
    await client.query(`DELETE FROM umpire.${table} WHERE user_id = ANY ($1)`, [userIds]);
  }
  await client.query(`DELETE FROM umpire.observed WHERE kind = 'user' AND id = ANY ($1)`, [userIds]);
}
