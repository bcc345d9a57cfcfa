import { TRACKABLE_APPS } from '../../domain/constants.ts';
import type { Check } from './check.ts';

const TRACKABLE = `ARRAY[${TRACKABLE_APPS.map((app) => `'${app}'`).join(', ')}]`;

/** What another service paid has no movement of Umpire's. */
const IS_OURS = `((SELECT w.mode FROM umpire.workspace AS w) = 'programme'
          OR EXISTS (SELECT 1 FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND f.movements > 0))`;

/** Bonuses, what they are worth and what became of them (SPEC 2). */
export const BONUS_CHECKS: readonly Check[] = [
  {
    name: 'bonus_key',
    modes: ['programme', 'observe'],
    sql: `
      SELECT relationship_id::text AS subject, format('%s bonuses of one kind: %s for %s', count(*), event_type, user_id) AS detail
      FROM referrals.bonus_events GROUP BY relationship_id, user_id, event_type, app_id HAVING count(*) > 1`,
  },
  {
    name: 'bonus_paid',
    modes: ['programme', 'observe'],
    sql: `
      SELECT b.id::text AS subject, format('is %s, but its ledger rows add up to %s', b.status, coalesce(t.amount, 0)) AS detail
      FROM referrals.bonus_events AS b
      LEFT JOIN (
        SELECT split_part(idempotency_key, ':', 2) AS bonus_id, sum(amount) AS amount FROM credits.transactions
        WHERE idempotency_key LIKE 'bonus:%' AND status = 'completed' GROUP BY 1
      ) AS t ON t.bonus_id = b.id::text
      WHERE coalesce(t.amount, 0) <> CASE b.status WHEN 'paid' THEN b.credits_final ELSE 0 END
        AND ${IS_OURS}`,
  },
  {
    name: 'bonus_hold',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, format('is %s with hold reason %s', status, coalesce(hold_reason, 'none')) AS detail
      FROM referrals.bonus_events WHERE (status = 'held') <> (hold_reason IS NOT NULL)
        OR hold_reason NOT IN ('fraud_medium', 'fraud_high', 'fraud_critical', 'rate_limited', 'second_review')`,
  },
  {
    name: 'bonus_amount',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('%s of %s is not %s at tier %s', b.credits_final, b.credits_base, b.tier_multiplier, b.tier_at_time) AS detail
      FROM referrals.bonus_events AS b JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
      WHERE b.credits_base <> CASE
          WHEN b.user_id = r.referee_id THEN CASE b.event_type WHEN 'registered' THEN 25 END
          ELSE CASE b.event_type WHEN 'registered' THEN 5 WHEN 'activated' THEN 10 WHEN 'qualified' THEN 25 WHEN 'retained' THEN 15 ELSE 5 END
        END
        OR b.tier_multiplier <> CASE WHEN b.user_id = r.referee_id THEN 1 ELSE umpire.multiplier_of(b.tier_at_time) END::real
        OR b.credits_final <> floor(b.credits_base * b.tier_multiplier::numeric + 0.5)`,
  },
  {
    name: 'bonus_tier',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('is at tier %s after %s qualified referrals', b.tier_at_time, q.qualified) AS detail
      FROM referrals.bonus_events AS b
      JOIN umpire.bonuses AS f ON f.bonus_id = b.id
      JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id AND r.referrer_id = b.user_id
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS qualified FROM umpire.referrals AS o
        WHERE o.referrer_id = b.user_id AND o.qualified_at IS NOT NULL AND NOT o.is_rejected
          AND (o.qualified_at, o.qualified_event) < (f.at, f.event_id) AND o.relationship_id <> b.relationship_id
      ) AS q
      WHERE b.status IN ('pending', 'held') AND b.tier_at_time <> umpire.tier_of(q.qualified)`,
  },
  {
    name: 'bonus_place',
    modes: ['programme'],
    sql: `
      SELECT p.bonus_id::text AS subject, format('is unpaid and for %s, but what it is for was at %s', f.at, p.at) AS detail
      FROM (SELECT array_agg(id) AS ids FROM referrals.bonus_events WHERE status IN ('pending', 'held')) AS w
      CROSS JOIN LATERAL umpire.bonus_places(w.ids) AS p
      JOIN umpire.bonuses AS f ON f.bonus_id = p.bonus_id
      WHERE (f.at, f.event_id) <> (p.at, p.event_id)`,
  },
  {
    name: 'bonus_missing',
    modes: ['programme'],
    sql: `
      SELECT r.id::text AS subject, format('reached %s and has no bonus for it', e.event_type) AS detail
      FROM referrals.relationships AS r JOIN umpire.referrals AS u ON u.relationship_id = r.id
      CROSS JOIN LATERAL (VALUES
        (r.referrer_id, 'registered', r.registered_at), (r.referee_id, 'registered', r.registered_at), (r.referrer_id, 'activated', r.activated_at),
        (r.referrer_id, 'qualified', r.qualified_at), (r.referrer_id, 'retained', r.retained_at)
      ) AS e (user_id, event_type, at)
      WHERE e.at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id AND b.user_id = e.user_id AND b.event_type::text = e.event_type
      )`,
  },
  {
    name: 'bonus_unearned',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('is for %s of a referral that has not reached it', b.event_type) AS detail
      FROM referrals.bonus_events AS b JOIN referrals.relationships AS r ON r.id = b.relationship_id
      WHERE b.user_id NOT IN (r.referrer_id, r.referee_id) OR b.user_id = r.referee_id AND b.event_type <> 'registered'
        OR CASE b.event_type WHEN 'registered' THEN r.registered_at WHEN 'activated' THEN r.activated_at WHEN 'qualified' THEN r.qualified_at
          WHEN 'retained' THEN r.retained_at
          ELSE (SELECT c.activated_at FROM referrals.cross_app_activations AS c WHERE c.relationship_id = r.id AND c.app_id = b.app_id) END IS NULL`,
  },
  {
    name: 'bonus_times',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, format('is %s without what belongs to it', status) AS detail FROM referrals.bonus_events
      WHERE status = 'paid' AND (released_at IS NULL OR transaction_id IS NULL)
        OR status = 'held' AND hold_reason = 'fraud_medium' AND hold_until IS NULL`,
  },
  {
    name: 'bonus_hold_time',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('is held until %s, and 48 hours after the first hold is %s', b.hold_until, s.first_held_at + interval '48 hours') AS detail
      FROM referrals.bonus_events AS b JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id
      WHERE b.status = 'held' AND b.hold_reason = 'fraud_medium' AND b.hold_until IS DISTINCT FROM s.first_held_at + interval '48 hours'`,
  },
  {
    name: 'bonus_released',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('was released at %s, but its ledger row is of %s', b.released_at, t.completed_at) AS detail
      FROM referrals.bonus_events AS b JOIN credits.transactions AS t ON t.id = b.transaction_id
      WHERE b.status = 'paid' AND b.released_at IS DISTINCT FROM t.completed_at`,
  },
  {
    name: 'bonus_band',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, format('is %s (%s), but the referral is %s', b.status, coalesce(b.hold_reason, 'no hold'), s.held_band) AS detail
      FROM referrals.bonus_events AS b
      JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id JOIN umpire.referrals AS u ON u.relationship_id = b.relationship_id
      WHERE NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = b.relationship_id)
        AND (b.status = 'pending' OR b.status = 'held' AND (u.is_rejected OR left(b.hold_reason, 6) = 'fraud_' AND b.hold_reason <> 'fraud_' || s.held_band))`,
  },
  {
    name: 'claim',
    modes: ['programme', 'observe'],
    sql: `
      SELECT b.id::text AS subject, format('waits for its claim until %s and not %s', coalesce(b.hold_until::text, 'never'), p.at) AS detail
      FROM (SELECT array_agg(id) AS ids FROM referrals.bonus_events WHERE status = 'held' AND hold_reason = 'rate_limited') AS w
      CROSS JOIN LATERAL umpire.payable_at(w.ids) AS p
      JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
      WHERE b.hold_until IS DISTINCT FROM p.at`,
  },
  {
    name: 'earned',
    modes: ['programme'],
    sql: `
      SELECT t.user_id AS subject, format('earned %s, but the paid bonuses are %s', t.total_earned, coalesce(b.paid, 0)) AS detail
      FROM referrals.user_tiers AS t
      LEFT JOIN (SELECT user_id, sum(credits_final) AS paid FROM referrals.bonus_events WHERE status = 'paid' GROUP BY user_id) AS b
        ON b.user_id = t.user_id
      WHERE t.total_earned <> coalesce(b.paid, 0)`,
  },
  {
    name: 'cross_app',
    modes: ['programme'],
    sql: `
      SELECT c.id::text AS subject, format('bonus_paid is %s, but the bonus is %s', c.bonus_paid, b.status) AS detail
      FROM referrals.cross_app_activations AS c
      LEFT JOIN referrals.bonus_events AS b ON b.relationship_id = c.relationship_id AND b.event_type = 'cross_app' AND b.app_id = c.app_id
      WHERE c.bonus_paid <> coalesce(b.status = 'paid', false)`,
  },
  {
    name: 'cross_app_facts',
    modes: ['programme'],
    sql: `
      SELECT r.relationship_id::text AS subject, format('used %s first at %s, but is activated there at %s', x.app_id,
        coalesce(x.used_at::text, 'no time'), coalesce(x.activated_at::text, 'no time')) AS detail
      FROM umpire.referrals AS r JOIN referrals.relationships AS rel ON rel.id = r.relationship_id
      CROSS JOIN LATERAL (
        SELECT app_id, u.at AS used_at, c.activated_at
        FROM (
          SELECT g.app_id, min(g.at) AS at FROM umpire.usages AS g
          WHERE g.user_id = r.referee_id AND g.at >= r.at AND g.app_id = ANY (${TRACKABLE}) AND g.app_id IS DISTINCT FROM rel.source_app_id
          GROUP BY g.app_id
        ) AS u
        FULL JOIN (
          SELECT a.app_id, a.activated_at FROM referrals.cross_app_activations AS a WHERE a.relationship_id = r.relationship_id
        ) AS c USING (app_id)
      ) AS x
      WHERE x.used_at IS DISTINCT FROM x.activated_at`,
  },
  {
    name: 'money_log',
    modes: ['programme', 'observe'],
    sql: `
      SELECT b.id::text AS subject, format('is %s, but was logged as paid %s and taken back %s times', b.status, l.paid, l.reversed) AS detail
      FROM referrals.bonus_events AS b
      CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE m.transition = 'paid') AS paid, count(*) FILTER (WHERE m.transition = 'reversed') AS reversed
        FROM umpire.money_log AS m WHERE m.bonus_id = b.id
      ) AS l
      WHERE l.paid - l.reversed <> CASE b.status WHEN 'paid' THEN 1 ELSE 0 END AND ${IS_OURS}`,
  },
  {
    name: 'money_log_held',
    modes: ['programme'],
    sql: `
      SELECT b.id::text AS subject, 'is held and was never logged as held' AS detail FROM referrals.bonus_events AS b
      WHERE b.status = 'held' AND EXISTS (SELECT 1 FROM umpire.bonuses AS f WHERE f.bonus_id = b.id)
        AND NOT EXISTS (SELECT 1 FROM umpire.money_log AS m WHERE m.bonus_id = b.id AND m.transition = 'held')`,
  },
];
