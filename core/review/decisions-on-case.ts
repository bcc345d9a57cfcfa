import { z } from 'zod';
import type { CaseFile, TimelineEntry } from '../contract/case.ts';
import { DECISIONS, UNDO_KINDS } from '../domain/decision.ts';
import { dbInstant, type Queryable, row, rows } from '../postgres/rows.ts';

const storedDecision = z.object({
  decision_id: z.string(),
  at: dbInstant,
  made_by: z.string(),
  decision: z.enum(DECISIONS),
  reason: z.string(),
  note: z.string().nullable(),
  /** `disagreed`: of two analysts who decided otherwise than each other; told to leads. */
  state: z.enum(['applied', 'undone', 'waiting', 'disagreed']),
  undone_at: dbInstant.nullable(),
  undone_by: z.string().nullable(),
  undone_note: z.string().nullable(),
  undo: z.enum(UNDO_KINDS).nullable(),
});
export type StoredDecision = z.infer<typeof storedDecision>;

/**
 * Decisions on this referral that this login may see, those on an earlier item of it included, oldest first. At `now` it may
 * take back those with an `undo`.
 */
export function readDecisions(db: Queryable, relationshipId: string, now: Date): Promise<StoredDecision[]> {
  return rows(db, storedDecision, 'SELECT * FROM umpire.decisions_on($1, $2)', [relationshipId, now]);
}

/** What took effect or may be withdrawn. */
export function decisionsOf(stored: readonly StoredDecision[]): CaseFile['decisions'] {
  return stored
    .filter(({ state }) => state !== 'disagreed')
    .map((made) => ({
      decisionId: made.decision_id,
      isUndone: made.state === 'undone',
      undo: made.undo,
      at: made.at,
      by: made.made_by,
      decision: made.decision,
      reason: made.reason,
      note: made.note,
    }));
}

const DECIDED = { approve: 'Approved', reject: 'Rejected', escalate: 'Escalated' } as const;

/** What was decided and what was taken back. */
export function decisionEntries(stored: readonly StoredDecision[]): TimelineEntry[] {
  return stored.flatMap((made) => {
    const verb = DECIDED[made.decision];
    const told = {
      applied: `${verb} by ${made.made_by} (${made.reason})`,
      undone: `${verb} by ${made.made_by} (${made.reason})`,
      waiting: `${verb} by ${made.made_by} (${made.reason}): waits for a second analyst`,
      disagreed: `${made.made_by} would have it ${verb.toLowerCase()} (${made.reason}), and another analyst not`,
    }[made.state];
    const entries: TimelineEntry[] = [{ at: made.at, kind: 'decision', text: told }];
    if (made.undone_at !== null && made.state === 'undone') {
      const note = made.undone_note === null ? '' : `: ${made.undone_note}`;
      entries.push({
        at: made.undone_at,
        kind: 'decision',
        text: `${verb} by ${made.made_by}, taken back by ${made.undone_by ?? 'nobody'}${note}`,
      });
    }
    return entries;
  });
}

/** Whether the item needs a second analyst, or one's own decision waits for one: nothing of a decision of somebody else's. */
export async function readSecondReview(db: Queryable, itemId: string, now: Date): Promise<CaseFile['secondReview']> {
  const found = await row(
    db,
    z.object({ state: z.enum(['none', 'needed', 'mine']) }),
    'SELECT state FROM umpire.second_reviews(ARRAY[$1::uuid], $2)',
    [itemId, now],
  );
  return found?.state ?? 'none';
}
