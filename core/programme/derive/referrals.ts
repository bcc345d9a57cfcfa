import { BONUS_AMOUNTS, TIMING_RULES, TRACKABLE_APPS } from '../../domain/constants.ts';
import type { Client } from '../../postgres/connection.ts';

/** Any fixed number: facts are written, and what follows from them is derived, by one transaction at a time. */
const FACTS_LOCK = 7_226_002;

/** Taken first, in a statement of its own, by every transaction that derives. */
export async function lockFacts(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [FACTS_LOCK]);
}

/** The tables that say what to derive; they live as long as the connection and are empty at the start of a transaction. */
export async function prepareDerivation(client: Client): Promise<void> {
  await client.query(
    `-- Referrals whose stages and bonuses may change, and those whose score may.
     CREATE TEMP TABLE IF NOT EXISTS umpire_touched (relationship_id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_rescored (relationship_id uuid PRIMARY KEY) ON COMMIT DELETE ROWS`,
  );
}

/**
 * Brings stages, bonuses and tiers of the touched referrals (`umpire_touched`) to what all facts say, and marks for
 * scoring those and `umpire_rescored`. The order of what it locks is that of 0001: dirty, referrals, the rest. Returns
 * how many referrals have other stages.
 */
export async function deriveReferrals(client: Client, now: Date): Promise<number> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_stages (
       relationship_id uuid PRIMARY KEY, activated_at timestamptz, activated_event text COLLATE "C", qualified_at timestamptz,
       qualified_event text COLLATE "C", retained_at timestamptz, retained_event text COLLATE "C", changed boolean,
       due_at timestamptz, due_changed boolean
     ) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_due_bonuses (
       bonus_id uuid PRIMARY KEY, relationship_id uuid NOT NULL, user_id text NOT NULL, referrer_id text NOT NULL, event_type text NOT NULL,
       app_id text, credits integer NOT NULL, at timestamptz NOT NULL, event_id text COLLATE "C" NOT NULL
     ) ON COMMIT DELETE ROWS`,
  );
  await client.query('ANALYZE umpire_touched');
  await computeStages(client, now);
  await computeBonuses(client);
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT relationship_id FROM umpire_stages WHERE changed UNION SELECT relationship_id FROM umpire_due_bonuses
     ON CONFLICT DO NOTHING`,
  );
  await client.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire_rescored');
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (
       SELECT relationship_id FROM umpire_stages WHERE changed OR due_changed UNION SELECT relationship_id FROM umpire_due_bonuses
     ) ORDER BY relationship_id FOR UPDATE`,
  );
  await writeBonuses(client);
  await markStageDays(client);
  await writeStages(client, now);
  const { rows } = await client.query<{ changed: number }>(
    'SELECT count(*)::int AS changed FROM umpire_stages WHERE changed',
  );
  return rows[0]?.changed ?? 0;
}

/** Milliseconds as a PostgreSQL interval. */
const interval = (milliseconds: number): string => `interval '${milliseconds} milliseconds'`;
const EARLY = interval(TIMING_RULES.minTimeToActivation);
const RETENTION = interval(TIMING_RULES.retentionCheckDays * 86_400_000);

async function computeStages(client: Client, now: Date): Promise<void> {
  await client.query(
    `INSERT INTO umpire_stages
     SELECT t.relationship_id, a.at, a.event_id, q.at, q.event_id, k.at, k.event_id,
       (rel.activated_at, r.activated_event, r.qualified_at, r.qualified_event, rel.retained_at, r.retained_event)
         IS DISTINCT FROM (a.at, a.event_id, q.at, q.event_id, k.at, k.event_id),
       due.at, r.due_at IS DISTINCT FROM due.at
     FROM umpire_touched AS t
     JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id
     JOIN referrals.relationships AS rel ON rel.id = t.relationship_id
     LEFT JOIN LATERAL (
       SELECT p.at, p.event_id FROM umpire.purchases AS p WHERE p.user_id = r.referee_id AND p.at >= r.at ORDER BY p.at, p.event_id LIMIT 1
     ) AS q ON true
     LEFT JOIN LATERAL (
       SELECT u.at, u.event_id FROM umpire.usages AS u WHERE u.user_id = r.referee_id AND u.at >= r.at ORDER BY u.at, u.event_id LIMIT 1
     ) AS used ON true
     -- Usage sooner than five minutes after registration counts then, once the clock has reached it; what it has reached once stays,
     -- should it step back, and a purchase after it implies it.
     LEFT JOIN LATERAL (
       SELECT c.at, c.event_id FROM (
         SELECT greatest(used.at, r.at + ${EARLY}) AS at, used.event_id
         WHERE used.at IS NOT NULL AND (used.at >= r.at + ${EARLY} OR r.at + ${EARLY} <= greatest($1, rel.activated_at, q.at))
         UNION ALL
         SELECT q.at, q.event_id WHERE q.at IS NOT NULL
       ) AS c ORDER BY c.at, c.event_id LIMIT 1
     ) AS a ON true
     LEFT JOIN LATERAL (
       SELECT greatest(m.at, u.at) AS at, u.event_id
       FROM (SELECT greatest(r.at + ${RETENTION}, q.at) AS at WHERE q.at IS NOT NULL) AS m
       CROSS JOIN LATERAL (
         SELECT u.at, u.event_id FROM umpire.usages AS u
         WHERE u.user_id = r.referee_id AND u.at > m.at - interval '7 days' AND u.at >= r.at ORDER BY u.at, u.event_id LIMIT 1
       ) AS u
     ) AS stays ON true
     LEFT JOIN LATERAL (SELECT stays.at, stays.event_id WHERE stays.at <= greatest($1, rel.retained_at)) AS k ON true
     -- What is known to come once the clock is there; the job looks at nothing else.
     CROSS JOIN LATERAL (
       SELECT min(x.at) AS at FROM (VALUES
         (CASE WHEN k.at IS NULL THEN stays.at END),
         (CASE WHEN used.at < r.at + ${EARLY} THEN r.at + ${EARLY} END)
       ) AS x (at) WHERE x.at > $1
     ) AS due`,
    [now],
  );
}

/** First usage of each trackable app ($1) but the one that the referral came through. */
const CROSS_APP = `
  SELECT s.relationship_id, r.referrer_id, u.app_id, u.at, u.event_id
  FROM umpire_stages AS s
  JOIN umpire.referrals AS r ON r.relationship_id = s.relationship_id
  JOIN referrals.relationships AS rel ON rel.id = s.relationship_id
  CROSS JOIN LATERAL (
    SELECT DISTINCT ON (u.app_id) u.app_id, u.at, u.event_id FROM umpire.usages AS u
    WHERE u.user_id = r.referee_id AND u.at >= r.at AND u.app_id = ANY ($1) AND u.app_id IS DISTINCT FROM rel.source_app_id
    ORDER BY u.app_id, u.at, u.event_id
  ) AS u`;

/** Bonuses that the stages call for and that are new, or unpaid with another (at, id). */
async function computeBonuses(client: Client): Promise<void> {
  const amount = (type: keyof typeof BONUS_AMOUNTS, role: 'referrer' | 'referee'): number => BONUS_AMOUNTS[type][role];
  await client.query(
    `INSERT INTO umpire_due_bonuses
     SELECT d.bonus_id, d.relationship_id, d.user_id, d.referrer_id, d.event_type, d.app_id, d.credits, d.at, d.event_id
     FROM (
       SELECT md5('bonus:' || b.relationship_id || ':' || b.event_type || ':' || b.user_id || ':' || coalesce(b.app_id, ''))::uuid AS bonus_id, b.*
       FROM (
         SELECT s.relationship_id, e.user_id, r.referrer_id, e.event_type, e.app_id, e.credits, e.at, e.event_id
         FROM umpire_stages AS s
         JOIN umpire.referrals AS r ON r.relationship_id = s.relationship_id
         JOIN referrals.relationships AS rel ON rel.id = s.relationship_id
         CROSS JOIN LATERAL (
           VALUES
             (r.referrer_id, 'registered', NULL::text, ${amount('registered', 'referrer')}, r.at, r.event_id),
             (r.referee_id, 'registered', NULL, ${amount('registered', 'referee')}, r.at, r.event_id),
             (r.referrer_id, 'activated', NULL, ${amount('activated', 'referrer')}, s.activated_at, s.activated_event),
             (r.referrer_id, 'qualified', NULL, ${amount('qualified', 'referrer')}, s.qualified_at, s.qualified_event),
             (r.referrer_id, 'retained', NULL, ${amount('retained', 'referrer')}, s.retained_at, s.retained_event)
           ) AS e (user_id, event_type, app_id, credits, at, event_id)
         UNION ALL
         SELECT a.relationship_id, a.referrer_id, a.referrer_id, 'cross_app', a.app_id, ${amount('cross_app', 'referrer')}, a.at, a.event_id
         FROM (${CROSS_APP}) AS a
       ) AS b
       WHERE b.at IS NOT NULL AND b.credits > 0
     ) AS d
     LEFT JOIN umpire.bonuses AS f ON f.bonus_id = d.bonus_id
     LEFT JOIN referrals.bonus_events AS x ON x.id = d.bonus_id
     WHERE f.bonus_id IS NULL OR (x.status IN ('pending', 'held') AND (f.at, f.event_id) <> (d.at, d.event_id))`,
    [[...TRACKABLE_APPS]],
  );
}

async function writeBonuses(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO referrals.bonus_events AS b (id, relationship_id, user_id, event_type, app_id, credits_base, tier_multiplier, credits_final, tier_at_time, created_at)
     SELECT bonus_id, relationship_id, user_id, event_type::public.bonus_event_type, app_id, credits, 1, credits, 'bronze', at
     FROM umpire_due_bonuses ORDER BY bonus_id
     ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at`,
  );
  await client.query(
    `INSERT INTO umpire.bonuses (bonus_id, at, event_id) SELECT bonus_id, at, event_id FROM umpire_due_bonuses ORDER BY bonus_id
     ON CONFLICT (bonus_id) DO UPDATE SET at = excluded.at, event_id = excluded.event_id`,
  );
  await client.query(
    `INSERT INTO referrals.cross_app_activations AS c (id, relationship_id, app_id, activated_at)
     SELECT md5('cross_app:' || a.relationship_id || ':' || a.app_id)::uuid, a.relationship_id, a.app_id, a.at
     FROM (${CROSS_APP}) AS a ORDER BY a.relationship_id, a.app_id
     ON CONFLICT (relationship_id, app_id) DO UPDATE SET activated_at = excluded.activated_at
     WHERE c.activated_at <> excluded.activated_at`,
    [[...TRACKABLE_APPS]],
  );
}

/** Days whose statistics change: those that stages leave and those they come to. Before the stages are written. */
async function markStageDays(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.stale_days (day)
     SELECT DISTINCT (d.at AT TIME ZONE 'UTC')::date
     FROM umpire_stages AS s JOIN referrals.relationships AS rel ON rel.id = s.relationship_id
     CROSS JOIN LATERAL (
       VALUES (rel.activated_at, s.activated_at), (rel.qualified_at, s.qualified_at), (rel.retained_at, s.retained_at)
     ) AS m (before, after)
     CROSS JOIN LATERAL (VALUES (m.before), (m.after)) AS d (at)
     WHERE s.changed AND m.before IS DISTINCT FROM m.after AND d.at IS NOT NULL`,
  );
}

async function writeStages(client: Client, now: Date): Promise<void> {
  // Qualifications that came, moved or went change the tier of what the referrer earned after them.
  const moved = await client.query<{ referrers: string[] | null; since: Date[] | null }>(
    `SELECT array_agg(m.referrer_id) AS referrers, array_agg(m.since) AS since FROM (
       SELECT r.referrer_id, least(r.qualified_at, s.qualified_at) AS since
       FROM umpire_stages AS s JOIN umpire.referrals AS r ON r.relationship_id = s.relationship_id
       WHERE s.changed AND (r.qualified_at, r.qualified_event) IS DISTINCT FROM (s.qualified_at, s.qualified_event)
     ) AS m`,
  );
  await client.query(
    `UPDATE referrals.relationships AS rel SET
       activated_at = s.activated_at, qualified_at = s.qualified_at, retained_at = s.retained_at, updated_at = $1,
       status = (CASE WHEN s.retained_at IS NOT NULL THEN 'retained' WHEN s.qualified_at IS NOT NULL THEN 'qualified'
         WHEN s.activated_at IS NOT NULL THEN 'activated' ELSE 'registered' END)::public.referral_status
     FROM umpire_stages AS s WHERE s.changed AND rel.id = s.relationship_id`,
    [now],
  );
  await client.query(
    `UPDATE umpire.referrals AS r SET activated_event = s.activated_event, qualified_at = s.qualified_at,
       qualified_event = s.qualified_event, retained_event = s.retained_event, due_at = s.due_at
     FROM umpire_stages AS s WHERE (s.changed OR s.due_changed) AND r.relationship_id = s.relationship_id`,
  );
  // Due times follow qualification, so the items of the window do too.
  await client.query(
    `UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
     FROM umpire_stages AS s JOIN referrals.review_queue AS q ON q.relationship_id = s.relationship_id
     WHERE s.changed AND i.item_id = q.id AND q.status IN ('pending', 'escalated')`,
  );
  await client.query(
    `SELECT umpire.retier_bonuses(array_agg(referrer_id), array_agg(since)) FROM (
       SELECT referrer_id, at AS since FROM umpire_due_bonuses
       UNION ALL
       SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS m (referrer_id, since)
     ) AS changed HAVING count(*) > 0`,
    [moved.rows[0]?.referrers ?? [], moved.rows[0]?.since ?? []],
  );
  await client.query('SELECT umpire.retime_claims(array_agg(DISTINCT referrer_id)) FROM umpire_due_bonuses');
}

/** Counts the tiers of the touched referrers anew. After balances, because that is the lock order of 0001. */
export async function recountTiers(client: Client, now: Date): Promise<void> {
  await client.query(
    `SELECT umpire.recount_tiers(array_agg(DISTINCT r.referrer_id), $1)
     FROM umpire_touched AS t JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id HAVING count(*) > 0`,
    [now],
  );
}
