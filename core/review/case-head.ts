import { z } from 'zod';
import { CODE_TYPES, MODES, REVIEW_STATUSES, SEVERITIES, STAGES } from '../domain/vocabulary.ts';
import { dbCount, dbInstant, type Queryable, rows } from '../postgres/rows.ts';
import { DUE_AT } from './queue-order.ts';

const thresholds = z.object({
  lowRisk: z.number(),
  mediumRisk: z.number(),
  highRisk: z.number(),
  critical: z.number(),
});

const headRow = z.object({
  item_id: z.string(),
  relationship_id: z.string(),
  version: z.number().int(),
  previous_item_id: z.string().nullable(),
  status: z.enum(REVIEW_STATUSES),
  priority: z.enum(SEVERITIES),
  score: z.number().int(),
  notes: z.string().nullable(),
  assigned_to: z.string().nullable(),
  created_at: dbInstant,
  due_at: dbInstant,
  rule_set_version: z.number().int().nullable(),
  /** The referral's; that of the item stays what it was when it was decided. */
  current_score: z.number().int(),
  thresholds: thresholds.nullable(),
  /** Of the workspace. */
  mode: z.enum(MODES),
  scored_at: dbInstant.nullable(),
  referrer_id: z.string(),
  referee_id: z.string(),
  flagged: z.boolean(),
  stage: z.enum(STAGES),
  registered_at: dbInstant,
  activated_at: dbInstant.nullable(),
  qualified_at: dbInstant.nullable(),
  retained_at: dbInstant.nullable(),
  source_app_id: z.string().nullable(),
  code_id: z.string(),
  code: z.string(),
  code_type: z.enum(CODE_TYPES),
  code_created_at: dbInstant,
  code_uses: dbCount,
});

/** The item, its referral, its score and its code. */
export const caseHead = headRow.extend({
  /** Another one as soon as anything changed of what the caller is shown of the item. */
  stamp: z.string(),
});
export type CaseHead = z.infer<typeof caseHead>;

/** Of these items, those that there are. */
export async function readCaseHeads(db: Queryable, itemIds: readonly string[]): Promise<CaseHead[]> {
  const heads = await rows(
    db,
    headRow,
    `SELECT q.id AS item_id, r.id AS relationship_id, coalesce(i.version, 1) AS version, i.previous_item_id,
       q.status, q.priority, q.fraud_score AS score, coalesce(s.score, q.fraud_score) AS current_score, q.notes, q.assigned_to, q.created_at,
       ${DUE_AT} AS due_at, s.rule_set_version, v.thresholds, s.scored_at, w.mode,
       r.referrer_id, r.referee_id, r.is_flagged AS flagged, r.status AS stage, r.registered_at, r.activated_at,
       r.qualified_at, r.retained_at, r.source_app_id,
       c.id AS code_id, c.code, c.type AS code_type, c.created_at AS code_created_at, c.uses_count AS code_uses
     FROM referrals.review_queue q
     JOIN referrals.relationships r ON r.id = q.relationship_id
     JOIN referrals.codes c ON c.id = r.code_id
     CROSS JOIN umpire.workspace w
     LEFT JOIN umpire.items i ON i.item_id = q.id
     LEFT JOIN umpire.scores s ON s.relationship_id = r.id
     LEFT JOIN umpire.rule_sets v ON v.version = s.rule_set_version
     WHERE q.id = ANY ($1::uuid[])`,
    [itemIds],
  );
  const stamps = await rows(
    db,
    z.object({ item_id: z.string(), stamp: z.string() }),
    'SELECT item_id, stamp FROM umpire.stamps($1::uuid[])',
    [heads.map((head) => head.item_id)],
  );
  const stampOf = new Map(stamps.map(({ item_id: id, stamp }) => [id, stamp]));
  return heads.map((head) => ({ ...head, stamp: stampOf.get(head.item_id) ?? '' }));
}
