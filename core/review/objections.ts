import { z } from 'zod';
import type { Objection } from '../contract/sync.ts';
import { DECISIONS } from '../domain/decision.ts';
import { REVIEW_STATUSES, SEVERITIES } from '../domain/vocabulary.ts';
import type { Pool } from '../postgres/connection.ts';
import type { Clock } from '../postgres/roles/accounts.ts';
import { dbInstant, type Queryable, row, rows } from '../postgres/rows.ts';

const stored = z.object({
  objectionId: z.string(),
  itemId: z.string(),
  by: z.string(),
  at: dbInstant,
  decision: z.enum(DECISIONS),
  reason: z.string(),
  note: z.string().nullable(),
  status: z.enum(REVIEW_STATUSES),
  referrerName: z.string(),
  refereeName: z.string(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  alike: z.number().int(),
  nth: z.number().int(),
  newest: z.string(),
});

/** What analysts handed to leads and nobody settled, oldest first; of many that are alike the oldest. For leads; the server refuses others. */
export function listObjections(db: Queryable): Promise<Objection[]> {
  return rows(
    db,
    stored,
    `SELECT o.objection_id AS "objectionId", o.item_id AS "itemId", o.made_by AS by, o.at, o.decision, o.reason, o.note, o.status,
       o.referrer_name AS "referrerName", o.referee_name AS "refereeName", o.score, o.priority, o.alike, o.nth, o.newest
     FROM umpire.open_objections() AS o`,
  );
}

/** Ends an objection, as a lead; false where there is none that is open. What stands is changed by decisions alone. */
export async function settleObjection(pool: Pool, objectionId: string, clock?: Clock): Promise<boolean> {
  const found = await row(
    pool,
    z.object({ settled: z.boolean() }),
    'SELECT umpire.settle_objection($1, $2) AS settled',
    [objectionId, clock ?? null],
  );
  return found?.settled === true;
}

/** Ends all that are alike to an objection, where they are so many and it is the newest of them; false where they are others by now. */
export async function settleAlike(pool: Pool, newest: string, count: number, clock?: Clock): Promise<boolean> {
  const found = await row(
    pool,
    z.object({ settled: z.boolean() }),
    'SELECT umpire.settle_alike($1, $2, $3) AS settled',
    [newest, count, clock ?? null],
  );
  return found?.settled === true;
}
