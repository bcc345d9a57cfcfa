import type { Check } from './check.ts';

/** The ledger and the balances that it makes (SPEC 1). */
export const LEDGER_CHECKS: readonly Check[] = [
  {
    name: 'ledger_sum',
    modes: ['programme', 'observe'],
    sql: `
      SELECT b.user_id AS subject, format('opening %s and completed amounts %s, but balance and free are %s',
        coalesce(o.credits, 0), coalesce(t.amount, 0), b.balance + b.free_credits_remaining) AS detail
      FROM credits.balances AS b
      LEFT JOIN umpire.opening_balances AS o ON o.user_id = b.user_id
      LEFT JOIN (SELECT user_id, sum(amount) AS amount FROM credits.transactions WHERE status = 'completed' GROUP BY user_id) AS t
        ON t.user_id = b.user_id
      WHERE coalesce(o.credits, 0) + coalesce(t.amount, 0) <> b.balance + b.free_credits_remaining`,
  },
  {
    name: 'ledger_without_balance',
    modes: ['programme', 'observe'],
    sql: `
      SELECT DISTINCT t.user_id AS subject, 'has ledger rows and no balance' AS detail FROM credits.transactions AS t
      WHERE NOT EXISTS (SELECT 1 FROM credits.balances AS b WHERE b.user_id = t.user_id)`,
  },
  {
    name: 'ledger_row',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, format('%s and %s do not make %s', balance_before, amount, balance_after) AS detail
      FROM credits.transactions WHERE status = 'completed' AND balance_before + amount <> balance_after`,
  },
  {
    name: 'ledger_key',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, format('has the key %s, which is neither a bonus''s nor an event''s', coalesce(idempotency_key, 'none')) AS detail
      FROM credits.transactions WHERE idempotency_key IS NULL OR idempotency_key !~ '^(bonus|event):'`,
  },
  {
    name: 'ledger_facts',
    modes: ['programme'],
    sql: `
      SELECT f.event_id AS subject, 'has no ledger row of its amount' AS detail FROM (
        SELECT event_id, user_id, -amount AS amount FROM umpire.usages UNION ALL SELECT event_id, user_id, amount FROM umpire.purchases
      ) AS f
      WHERE NOT EXISTS (
        SELECT 1 FROM credits.transactions AS t
        WHERE t.idempotency_key = 'event:' || f.event_id AND t.user_id = f.user_id AND t.amount = f.amount AND t.status = 'completed'
      )`,
  },
  {
    name: 'ledger_unfounded',
    modes: ['programme'],
    sql: `
      SELECT t.id::text AS subject, format('is of %s, which is not known', t.idempotency_key) AS detail FROM credits.transactions AS t
      WHERE t.idempotency_key LIKE 'event:%'
          AND NOT EXISTS (SELECT 1 FROM umpire.usages AS u WHERE u.event_id = substr(t.idempotency_key, 7))
          AND NOT EXISTS (SELECT 1 FROM umpire.purchases AS p WHERE p.event_id = substr(t.idempotency_key, 7))
        OR t.idempotency_key LIKE 'bonus:%'
          AND NOT EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.id::text = split_part(t.idempotency_key, ':', 2) AND b.user_id = t.user_id)`,
  },
  {
    name: 'ledger_totals',
    modes: ['programme'],
    sql: `
      SELECT b.user_id AS subject, format('earned %s and spent %s, but the ledger says %s and %s', b.total_earned, b.total_spent, t.earned, t.spent) AS detail
      FROM credits.balances AS b
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE type <> 'usage'), 0) AS earned, coalesce(-sum(amount) FILTER (WHERE type = 'usage'), 0) AS spent
        FROM credits.transactions AS t WHERE t.user_id = b.user_id AND t.status = 'completed'
      ) AS t
      WHERE NOT EXISTS (SELECT 1 FROM umpire.opening_balances AS o WHERE o.user_id = b.user_id)
        AND (b.total_earned, b.total_spent) <> (t.earned, t.spent)`,
  },
];
