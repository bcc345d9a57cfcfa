import type { Queryable } from '../postgres/connection.ts';

export type Violation = { readonly check: string; readonly subject: string; readonly detail: string };

/** Each query yields (subject, detail) for what contradicts it. */
const CHECKS: Readonly<Record<string, string>> = {
  ledger_sum: `
    SELECT b.user_id AS subject, format('opening %s and completed amounts %s, but balance and free are %s',
      coalesce(o.credits, 0), coalesce(t.amount, 0), b.balance + b.free_credits_remaining) AS detail
    FROM credits.balances AS b
    LEFT JOIN umpire.opening_balances AS o ON o.user_id = b.user_id
    LEFT JOIN (SELECT user_id, sum(amount) AS amount FROM credits.transactions WHERE status = 'completed' GROUP BY user_id) AS t
      ON t.user_id = b.user_id
    WHERE coalesce(o.credits, 0) + coalesce(t.amount, 0) <> b.balance + b.free_credits_remaining`,
  ledger_without_balance: `
    SELECT DISTINCT t.user_id AS subject, 'has ledger rows and no balance' AS detail FROM credits.transactions AS t
    WHERE NOT EXISTS (SELECT 1 FROM credits.balances AS b WHERE b.user_id = t.user_id)`,
  ledger_row: `
    SELECT id::text AS subject, format('%s and %s do not make %s', balance_before, amount, balance_after) AS detail
    FROM credits.transactions WHERE status = 'completed' AND balance_before + amount <> balance_after`,
  bonus_key: `
    SELECT relationship_id::text AS subject, format('%s bonuses of one kind: %s for %s', count(*), event_type, user_id) AS detail
    FROM referrals.bonus_events GROUP BY relationship_id, user_id, event_type, app_id HAVING count(*) > 1`,
  bonus_paid: `
    SELECT b.id::text AS subject, format('is %s, but its ledger rows add up to %s', b.status, coalesce(t.amount, 0)) AS detail
    FROM referrals.bonus_events AS b
    LEFT JOIN (
      SELECT split_part(idempotency_key, ':', 2) AS bonus_id, sum(amount) AS amount FROM credits.transactions
      WHERE idempotency_key LIKE 'bonus:%' AND status = 'completed' GROUP BY 1
    ) AS t ON t.bonus_id = b.id::text
    WHERE coalesce(t.amount, 0) <> CASE b.status WHEN 'paid' THEN b.credits_final ELSE 0 END`,
  bonus_hold: `
    SELECT id::text AS subject, format('is %s with hold reason %s', status, coalesce(hold_reason, 'none')) AS detail
    FROM referrals.bonus_events WHERE (status = 'held') <> (hold_reason IS NOT NULL)
      OR hold_reason NOT IN ('fraud_medium', 'fraud_high', 'fraud_critical', 'rate_limited', 'second_review')`,
  score: `
    SELECT r.id::text AS subject, format('score %s and signals %s, but the evidence says %s and %s', r.fraud_score, r.fraud_signals, e.score, e.names) AS detail
    FROM referrals.relationships AS r JOIN umpire.scores AS s ON s.relationship_id = r.id
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(points), 0)::int AS score, coalesce(jsonb_agg(signal ORDER BY points DESC, signal), '[]')::text AS names
      FROM umpire.evidence AS e WHERE e.relationship_id = r.id
    ) AS e
    WHERE r.fraud_score <> e.score OR s.score <> e.score OR r.fraud_signals IS DISTINCT FROM e.names`,
  flag: `
    SELECT r.id::text AS subject, format('flagged is %s, but the band is %s', r.is_flagged, s.held_band) AS detail
    FROM referrals.relationships AS r
    JOIN umpire.scores AS s ON s.relationship_id = r.id JOIN umpire.referrals AS u ON u.relationship_id = r.id
    WHERE r.is_flagged <> (u.is_rejected OR s.held_band = 'critical' AND NOT coalesce(s.held_band <= s.approved_band, false))`,
  paid_while_blocked: `
    SELECT b.id::text AS subject, 'was paid after its referral was blocked' AS detail
    FROM referrals.bonus_events AS b JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id
    WHERE b.status = 'paid' AND s.held_band = 'critical' AND s.approved_band IS NULL AND b.released_at > s.first_blocked_at`,
  queue: `
    SELECT s.relationship_id::text AS subject, format('is %s and has no review item', s.held_band) AS detail
    FROM umpire.scores AS s WHERE s.held_band >= 'high'
      AND NOT EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = s.relationship_id)`,
  open_items: `
    SELECT relationship_id::text AS subject, format('%s open review items', count(*)) AS detail
    FROM referrals.review_queue WHERE status IN ('pending', 'escalated') GROUP BY relationship_id HAVING count(*) > 1`,
  tier: `
    SELECT t.user_id AS subject, format('tier %s with %s qualified, but %s are', t.tier, t.qualified_count, q.qualified) AS detail
    FROM referrals.user_tiers AS t
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS qualified FROM umpire.referrals AS r
      WHERE r.referrer_id = t.user_id AND r.qualified_at IS NOT NULL AND NOT r.is_rejected
    ) AS q
    WHERE t.qualified_count <> q.qualified OR t.tier <> umpire.tier_of(q.qualified)`,
  earned: `
    SELECT t.user_id AS subject, format('earned %s, but the paid bonuses are %s', t.total_earned, coalesce(b.paid, 0)) AS detail
    FROM referrals.user_tiers AS t
    LEFT JOIN (SELECT user_id, sum(credits_final) AS paid FROM referrals.bonus_events WHERE status = 'paid' GROUP BY user_id) AS b
      ON b.user_id = t.user_id
    WHERE t.total_earned <> coalesce(b.paid, 0)`,
  ledger_facts: `
    SELECT f.event_id AS subject, 'has no ledger row of its amount' AS detail FROM (
      SELECT event_id, user_id, -amount AS amount FROM umpire.usages UNION ALL SELECT event_id, user_id, amount FROM umpire.purchases
    ) AS f
    WHERE NOT EXISTS (
      SELECT 1 FROM credits.transactions AS t
      WHERE t.idempotency_key = 'event:' || f.event_id AND t.user_id = f.user_id AND t.amount = f.amount AND t.status = 'completed'
    )`,
  bonus_amount: `
    SELECT b.id::text AS subject, format('%s of %s is not %s at tier %s', b.credits_final, b.credits_base, b.tier_multiplier, b.tier_at_time) AS detail
    FROM referrals.bonus_events AS b JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
    WHERE b.credits_base <> CASE
        WHEN b.user_id = r.referee_id THEN CASE b.event_type WHEN 'registered' THEN 25 END
        ELSE CASE b.event_type WHEN 'registered' THEN 5 WHEN 'activated' THEN 10 WHEN 'qualified' THEN 25 WHEN 'retained' THEN 15 ELSE 5 END
      END
      OR b.tier_multiplier <> CASE WHEN b.user_id = r.referee_id THEN 1 ELSE umpire.multiplier_of(b.tier_at_time) END::real
      OR b.credits_final <> floor(b.credits_base * b.tier_multiplier::numeric + 0.5)`,
  bonus_missing: `
    SELECT r.id::text AS subject, format('reached %s and has no bonus for it', e.event_type) AS detail
    FROM referrals.relationships AS r JOIN umpire.referrals AS u ON u.relationship_id = r.id
    CROSS JOIN LATERAL (VALUES
      (r.referrer_id, 'registered', r.registered_at), (r.referee_id, 'registered', r.registered_at), (r.referrer_id, 'activated', r.activated_at),
      (r.referrer_id, 'qualified', r.qualified_at), (r.referrer_id, 'retained', r.retained_at)
    ) AS e (user_id, event_type, at)
    WHERE e.at IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id AND b.user_id = e.user_id AND b.event_type::text = e.event_type
    )`,
  bonus_times: `
    SELECT id::text AS subject, format('is %s without what belongs to it', status) AS detail FROM referrals.bonus_events
    WHERE status = 'paid' AND (released_at IS NULL OR transaction_id IS NULL)
      OR status = 'held' AND hold_reason = 'fraud_medium' AND hold_until IS NULL`,
  bonus_band: `
    SELECT b.id::text AS subject, format('is %s (%s), but the referral is %s', b.status, coalesce(b.hold_reason, 'no hold'), s.held_band) AS detail
    FROM referrals.bonus_events AS b
    JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id JOIN umpire.referrals AS u ON u.relationship_id = b.relationship_id
    WHERE NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = b.relationship_id)
      AND (b.status = 'pending' OR b.status = 'held' AND (u.is_rejected OR left(b.hold_reason, 6) = 'fraud_' AND b.hold_reason <> 'fraud_' || s.held_band))`,
  cross_app: `
    SELECT c.id::text AS subject, format('bonus_paid is %s, but the bonus is %s', c.bonus_paid, b.status) AS detail
    FROM referrals.cross_app_activations AS c
    LEFT JOIN referrals.bonus_events AS b ON b.relationship_id = c.relationship_id AND b.event_type = 'cross_app' AND b.app_id = c.app_id
    WHERE c.bonus_paid <> coalesce(b.status = 'paid', false)`,
  stage: `
    SELECT id::text AS subject, format('is %s, which its times do not say', status) AS detail FROM referrals.relationships
    WHERE status::text <> CASE WHEN retained_at IS NOT NULL THEN 'retained' WHEN qualified_at IS NOT NULL THEN 'qualified'
        WHEN activated_at IS NOT NULL THEN 'activated' ELSE 'registered' END
      OR activated_at < registered_at OR qualified_at < activated_at OR retained_at < qualified_at
      OR qualified_at IS NOT NULL AND activated_at IS NULL OR retained_at IS NOT NULL AND qualified_at IS NULL`,
  money_log: `
    SELECT b.id::text AS subject, format('is %s, but was logged as paid %s and taken back %s times', b.status, l.paid, l.reversed) AS detail
    FROM referrals.bonus_events AS b
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE m.transition = 'paid') AS paid, count(*) FILTER (WHERE m.transition = 'reversed') AS reversed
      FROM umpire.money_log AS m WHERE m.bonus_id = b.id
    ) AS l
    WHERE EXISTS (SELECT 1 FROM umpire.bonuses AS f WHERE f.bonus_id = b.id) AND l.paid - l.reversed <> CASE b.status WHEN 'paid' THEN 1 ELSE 0 END`,
  item: `
    SELECT q.id::text AS subject, format('shows %s points as %s, but the referral has %s', q.fraud_score, q.priority, s.score) AS detail
    FROM referrals.review_queue AS q JOIN umpire.scores AS s ON s.relationship_id = q.relationship_id
    WHERE q.status IN ('pending', 'escalated')
      AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = q.relationship_id)
      AND (q.fraud_score <> s.score OR q.priority < s.held_band)`,
  item_version: `
    SELECT q.id::text AS subject, 'has no version' AS detail FROM referrals.review_queue AS q
    WHERE EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = q.relationship_id)
      AND NOT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = q.id)`,
  unscored: `
    SELECT r.relationship_id::text AS subject, 'is neither scored nor waiting to be' AS detail FROM umpire.referrals AS r
    WHERE NOT EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = r.relationship_id)
      AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = r.relationship_id)`,
  tier_missing: `
    SELECT r.referrer_id AS subject, format('%s qualified and no tier', count(*)) AS detail FROM umpire.referrals AS r
    WHERE r.qualified_at IS NOT NULL AND NOT r.is_rejected
      AND NOT EXISTS (SELECT 1 FROM referrals.user_tiers AS t WHERE t.user_id = r.referrer_id)
    GROUP BY r.referrer_id`,
  fingerprint: `
    SELECT f.id::text AS subject, format('%s registrations and %s flagged, but %s and %s are', f.registration_count, f.flagged_count, n.registered, n.flagged) AS detail
    FROM referrals.fingerprints AS f
    CROSS JOIN LATERAL (
      SELECT count(*) AS registered, count(*) FILTER (WHERE r.is_rejected) AS flagged FROM umpire.referrals AS r WHERE r.fingerprint_id = f.id
    ) AS n
    WHERE f.registration_count <> n.registered OR f.flagged_count <> n.flagged`,
  uses: `
    SELECT c.code AS subject, format('%s uses, but %s referrals', c.uses_count, count(r.id)) AS detail
    FROM referrals.codes AS c LEFT JOIN referrals.relationships AS r ON r.code_id = c.id
    GROUP BY c.id HAVING c.uses_count <> count(r.id)`,
};

/** Checks every invariant; an empty answer means that all hold. */
export async function verify(db: Queryable): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const [check, sql] of Object.entries(CHECKS)) {
    const { rows } = await db.query<{ subject: string; detail: string }>(`${sql} ORDER BY 1`);
    violations.push(...rows.map(({ subject, detail }) => ({ check, subject, detail })));
  }
  return violations;
}
