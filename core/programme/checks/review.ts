import type { Check } from './check.ts';

/** Scores and the review queue (SPEC 3 and 4). */
export const REVIEW_CHECKS: readonly Check[] = [
  {
    name: 'score',
    modes: ['programme', 'observe'],
    sql: `
      SELECT r.id::text AS subject, format('score %s and signals %s, but the evidence says %s and %s', r.fraud_score, r.fraud_signals, e.score, e.names) AS detail
      FROM referrals.relationships AS r JOIN umpire.scores AS s ON s.relationship_id = r.id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(points), 0)::int AS score, coalesce(jsonb_agg(signal ORDER BY points DESC, signal), '[]')::text AS names
        FROM umpire.evidence AS e WHERE e.relationship_id = r.id
      ) AS e
      WHERE r.fraud_score <> e.score OR s.score <> e.score OR r.fraud_signals IS DISTINCT FROM e.names`,
  },
  {
    name: 'unscored',
    modes: ['programme', 'observe'],
    sql: `
      SELECT r.relationship_id::text AS subject, 'is neither scored nor waiting to be' AS detail FROM umpire.referrals AS r
      WHERE NOT EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = r.relationship_id)
        AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = r.relationship_id)`,
  },
  {
    name: 'pattern',
    modes: ['programme'],
    sql: `
      SELECT p.id::text AS subject, 'is a pattern that can match nothing' AS detail FROM referrals.fraud_patterns AS p
      WHERE p.score_impact < 1 OR EXISTS (SELECT 1 FROM umpire.pattern_states AS s WHERE s.pattern_id = p.id)
        AND NOT EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = p.id)`,
  },
  {
    name: 'flag',
    modes: ['programme'],
    sql: `
      SELECT r.id::text AS subject, format('flagged is %s, but the band is %s', r.is_flagged, s.held_band) AS detail
      FROM referrals.relationships AS r
      JOIN umpire.scores AS s ON s.relationship_id = r.id JOIN umpire.referrals AS u ON u.relationship_id = r.id
      WHERE r.is_flagged <> (u.is_rejected OR s.held_band = 'critical' AND NOT coalesce(s.held_band <= s.approved_band, false))`,
  },
  {
    name: 'paid_while_blocked',
    modes: ['programme', 'observe'],
    sql: `
      SELECT b.id::text AS subject, 'was paid after its referral was blocked' AS detail
      FROM referrals.bonus_events AS b JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id
      WHERE b.status = 'paid' AND s.held_band = 'critical' AND s.approved_band IS NULL AND b.released_at > s.first_blocked_at
        -- What another service pays itself is its own affair.
        AND (NOT umpire.observes() OR EXISTS (SELECT 1 FROM umpire.money_log AS m WHERE m.bonus_id = b.id AND m.transition = 'paid'))
        -- Paid before it was blocked, whatever the clocks said then.
        AND NOT EXISTS (
          SELECT 1 FROM umpire.money_log AS p JOIN umpire.money_log AS k ON k.relationship_id = p.relationship_id AND k.transition = 'blocked'
          WHERE p.bonus_id = b.id AND p.transition = 'paid' AND p.id < k.id
        )`,
  },
  {
    name: 'queue',
    modes: ['programme', 'observe'],
    sql: `
      SELECT s.relationship_id::text AS subject, format('is %s and has no review item', s.held_band) AS detail
      FROM umpire.scores AS s WHERE s.held_band >= 'high'
        AND NOT EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = s.relationship_id)`,
  },
  {
    name: 'open_items',
    modes: ['programme', 'observe'],
    sql: `
      SELECT relationship_id::text AS subject, format('%s open review items', count(*)) AS detail
      FROM referrals.review_queue WHERE status IN ('pending', 'escalated') GROUP BY relationship_id HAVING count(*) > 1`,
  },
  {
    name: 'item',
    modes: ['programme', 'observe'],
    sql: `
      SELECT q.id::text AS subject, format('shows %s points as %s, but the referral has %s', q.fraud_score, q.priority, s.score) AS detail
      FROM referrals.review_queue AS q JOIN umpire.scores AS s ON s.relationship_id = q.relationship_id
      WHERE q.status IN ('pending', 'escalated')
        AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = q.relationship_id)
        AND (q.fraud_score <> s.score OR q.priority < s.held_band)`,
  },
  {
    name: 'item_version',
    modes: ['programme', 'observe'],
    sql: `
      SELECT q.id::text AS subject, 'has no version' AS detail FROM referrals.review_queue AS q
      WHERE EXISTS (SELECT 1 FROM umpire.scores AS s WHERE s.relationship_id = q.relationship_id)
        AND NOT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = q.id)`,
  },
  {
    name: 'rejected',
    modes: ['programme', 'observe'],
    sql: `
      SELECT r.relationship_id::text AS subject, format('is rejected: %s, but its items say otherwise', r.is_rejected) AS detail FROM umpire.referrals AS r
      WHERE r.is_rejected <> EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = r.relationship_id AND q.status = 'rejected')`,
  },
];
