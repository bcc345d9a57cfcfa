import { z } from 'zod';
import type { CaseFile, TimelineEntry } from '../contract/case.ts';
import { DECISIONS, UNDO_KINDS } from '../domain/decision.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';
import { byReferral } from './by-referral.ts';

/** A decision that this login may see. */
export const decisionFacts = z.object({
  decision_id: z.string(),
  /** Of this item or of an earlier one of the referral. Beside the id, where the cache looks for it. */
  item_id: z.string(),
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
  /** Until when this login may undo it; null where it may not. */
  undo_until: dbInstant.nullable(),
  /** As what it may take it back at any other time. */
  undo: z.enum(UNDO_KINDS).nullable(),
});
export type DecisionFacts = z.infer<typeof decisionFacts>;
type UndoneBy = CaseFile['decisions'][number]['undone'];

/**
 * Decisions on these referrals that this login may see, by the referral's id, those on an earlier item of it included, oldest first.
 * What it may take back is asked for the beginning of time and for its end, so that the answer keeps. An item that is as it was made
 * has none, but for a first opinion of this login's (`secondReviews`); asking costs more than all else.
 */
export async function readDecisions(
  db: Queryable,
  relationshipIds: readonly string[],
  secondReviews: ReadonlyMap<string, CaseFile['secondReview']>,
): Promise<ReadonlyMap<string, readonly DecisionFacts[]>> {
  const mine = [...secondReviews].flatMap(([itemId, state]) => (state === 'mine' ? [itemId] : []));
  const made = await rows(
    db,
    decisionFacts.extend({ relationship_id: z.string() }),
    `SELECT r.id AS relationship_id, d.decision_id, d.item_id, d.at, d.made_by, d.decision, d.reason, d.note, d.state, d.undone_at, d.undone_by, d.undone_note,
       CASE WHEN e.undo = 'undo' THEN d.at + make_interval(mins => s.undo_minutes) END AS undo_until, d.undo
     FROM (
       SELECT x.id FROM unnest($1::uuid[]) AS x (id) WHERE EXISTS (
         SELECT 1 FROM referrals.review_queue AS q LEFT JOIN umpire.items AS i ON i.item_id = q.id
         WHERE q.relationship_id = x.id AND (q.status <> 'pending' OR i.version IS DISTINCT FROM 1 OR q.id = ANY ($2::uuid[]))) OFFSET 0
     ) AS r CROSS JOIN umpire.review_settings AS s
     CROSS JOIN LATERAL umpire.decisions_on(r.id, 'infinity') WITH ORDINALITY AS d
     JOIN LATERAL umpire.decisions_on(r.id, '-infinity') AS e ON e.decision_id = d.decision_id
     ORDER BY r.id, d.ordinality`,
    [relationshipIds, mine],
  );
  return byReferral(made);
}

/** What took effect or may be withdrawn, and what may be taken back at `now`. */
export function decisionsOf(facts: readonly DecisionFacts[], now: Date): CaseFile['decisions'] {
  return facts
    .filter(({ state }) => state !== 'disagreed')
    .map((made) => ({
      decisionId: made.decision_id,
      itemId: made.item_id,
      isUndone: made.state === 'undone',
      undone: undoneOf(made),
      undo: made.undo_until !== null && now.getTime() <= Date.parse(made.undo_until) ? 'undo' : made.undo,
      at: made.at,
      by: made.made_by,
      decision: made.decision,
      reason: made.reason,
      note: made.note,
    }));
}

function undoneOf({ state, undone_at: at, undone_by: by, undone_note: note }: DecisionFacts): UndoneBy {
  return state === 'undone' && at !== null && by !== null ? { by, at, note } : null;
}

const DECIDED = { approve: 'Approved', reject: 'Rejected', escalate: 'Escalated' } as const;

/** What was decided and what was taken back. */
export function decisionEntries(stored: readonly DecisionFacts[]): TimelineEntry[] {
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

export const SECOND_REVIEW = ['none', 'needed', 'mine'] as const;

/**
 * Which of these items need a second analyst, or have one's own decision waiting for one: nothing of a decision of somebody else's. Without
 * `now` by the server's clock.
 */
export async function readSecondReviews(
  db: Queryable,
  itemIds: readonly string[],
  now: Date | null,
): Promise<ReadonlyMap<string, CaseFile['secondReview']>> {
  const found = await rows(
    db,
    z.object({ item_id: z.string(), state: z.enum(SECOND_REVIEW) }),
    'SELECT item_id, state FROM umpire.second_reviews($1::uuid[], $2)',
    [itemIds, now],
  );
  return new Map(found.map(({ item_id: id, state }) => [id, state]));
}
