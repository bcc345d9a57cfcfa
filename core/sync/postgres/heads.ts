import { z } from 'zod';
import { keptName } from '../../domain/short-name.ts';
import { REVIEW_STATUSES, SEVERITIES } from '../../domain/vocabulary.ts';
import { dbCount, dbInstant, type Queryable, rows } from '../../postgres/rows.ts';
import { atStake, DUE_AT } from '../../review/queue-order.ts';
import { byPoints, pointsOf, signalNames } from '../../review/signal-names.ts';
import { stakeColumns } from '../../review/stake-sql.ts';
import type { Head } from '../ports.ts';

const storedHead = z.object({
  id: z.string(),
  relationship_id: z.string(),
  version: z.number(),
  stamp: z.string(),
  status: z.enum(REVIEW_STATUSES),
  priority: z.enum(SEVERITIES),
  score: z.number(),
  rule_set_version: z.number(),
  signals: z.string(),
  points: z.record(z.string(), z.number()),
  referrer_id: z.string(),
  referee_id: z.string(),
  referrer_name: z.string(),
  referee_name: z.string(),
  referrals: dbCount,
  code: z.string(),
  source_app_id: z.string().nullable(),
  flagged: z.boolean(),
  stake: dbCount,
  releases: dbCount,
  rejects: dbCount,
  takes_back: dbCount,
  second_review: z.enum(['none', 'needed', 'mine']),
  due_at: dbInstant,
  created_at: dbInstant,
});

/**
 * SQL of the heads of the items $1 as of $2, in the order of the ids. What hangs on them is gathered once for each referral and each
 * referrer, not once for each item.
 */
export const HEADS = `
  WITH wanted AS MATERIALIZED (
    SELECT x.position, q.id, q.relationship_id, q.status, q.priority, q.fraud_score, q.fraud_signals, q.created_at, ${DUE_AT} AS due_at,
      r.referrer_id, r.referee_id, r.code_id, r.source_app_id, r.is_flagged
    FROM unnest($1::uuid[]) WITH ORDINALITY AS x (id, position)
    JOIN referrals.review_queue q ON q.id = x.id
    JOIN referrals.relationships r ON r.id = q.relationship_id
  ),
  money AS (
    SELECT b.relationship_id, coalesce(sum(b.credits_final) FILTER (WHERE ${atStake('$2')}), 0) AS stake, ${stakeColumns('$2')}
    FROM (SELECT DISTINCT relationship_id FROM wanted) AS w JOIN umpire.bonuses_seen b ON b.relationship_id = w.relationship_id
    GROUP BY b.relationship_id
  ),
  fired AS (
    SELECT v.relationship_id, jsonb_object_agg(v.signal, v.points) AS points
    FROM (SELECT DISTINCT relationship_id FROM wanted) AS w JOIN umpire.evidence v ON v.relationship_id = w.relationship_id
    GROUP BY v.relationship_id
  ),
  made AS (
    SELECT o.referrer_id, count(*) AS referrals
    FROM (SELECT DISTINCT referrer_id FROM wanted) AS w JOIN referrals.relationships o ON o.referrer_id = w.referrer_id
    GROUP BY o.referrer_id
  )
  SELECT w.id, w.relationship_id, coalesce(i.version, 1) AS version, stamped.stamp, w.status, w.priority, w.fraud_score AS score,
    coalesce(s.rule_set_version, 1) AS rule_set_version, w.fraud_signals AS signals, coalesce(fired.points, '{}') AS points,
    w.referrer_id, w.referee_id, referrer.name AS referrer_name, referee.name AS referee_name, made.referrals, c.code, w.source_app_id,
    w.is_flagged AS flagged, coalesce(money.stake, 0) AS stake, coalesce(money.releases, 0) AS releases, coalesce(money.rejects, 0) AS rejects,
    coalesce(money.takes_back, 0) AS takes_back, coalesce(second.state, 'none') AS second_review, w.due_at, w.created_at
  FROM wanted AS w
  JOIN auth.users AS referrer ON referrer.id = w.referrer_id
  JOIN auth.users AS referee ON referee.id = w.referee_id
  JOIN referrals.codes AS c ON c.id = w.code_id
  JOIN made ON made.referrer_id = w.referrer_id
  JOIN umpire.stamps($1::uuid[]) AS stamped ON stamped.item_id = w.id
  LEFT JOIN umpire.items AS i ON i.item_id = w.id
  LEFT JOIN umpire.scores AS s ON s.relationship_id = w.relationship_id
  LEFT JOIN money ON money.relationship_id = w.relationship_id
  LEFT JOIN fired ON fired.relationship_id = w.relationship_id
  LEFT JOIN umpire.second_reviews($1::uuid[], $2::timestamptz) AS second ON second.item_id = w.id
  ORDER BY w.position`;

/** The heads of these items as of `now`, in the order of the ids; an unknown one gives none. */
export async function readHeads(db: Queryable, ids: readonly string[], now: Date): Promise<Head[]> {
  if (ids.length === 0) return [];
  return (await rows(db, storedHead, HEADS, [ids, now])).map((item) => ({
    itemId: item.id,
    relationshipId: item.relationship_id,
    version: item.version,
    stamp: item.stamp,
    status: item.status,
    priority: item.priority,
    score: item.score,
    ruleSetVersion: item.rule_set_version,
    signals: byPoints(signalNames(item.signals), item.points).map((name) => ({
      name,
      points: pointsOf(name, item.points),
    })),
    referrerId: item.referrer_id,
    refereeId: item.referee_id,
    referrerName: keptName(item.referrer_name),
    refereeName: keptName(item.referee_name),
    referrerReferrals: item.referrals,
    code: item.code,
    sourceAppId: item.source_app_id,
    flagged: item.flagged,
    stake: item.stake,
    releases: item.releases,
    rejects: item.rejects,
    takesBack: item.takes_back,
    secondReview: item.second_review,
    dueAt: item.due_at,
    createdAt: item.created_at,
  }));
}
