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
