import { z } from 'zod';
import type { CaseFile } from '../contract/case.ts';
import { DECISIONS } from '../domain/decision.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';

const storedDecision = z.object({
  at: dbInstant,
  by: z.string(),
  decision: z.enum(DECISIONS),
  reason: z.string(),
  note: z.string().nullable(),
});

/** Decisions that took effect on this referral, those on an earlier item of it included, oldest first. */
export function readDecisions(db: Queryable, relationshipId: string): Promise<CaseFile['decisions']> {
  return rows(
    db,
    storedDecision,
    `SELECT decided_at AS at, coalesce(on_behalf_of, actor) AS by, decision, reason, note FROM umpire.decisions
     WHERE relationship_id = $1 AND outcome ->> 'outcome' = 'applied' ORDER BY decided_at, decision_id`,
    [relationshipId],
  );
}
