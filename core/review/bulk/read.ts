import { z } from 'zod';
import { BULK_STATES, type BulkItems, type BulkSession } from '../../contract/bulk.ts';
import { DECISION_OUTCOMES, DECISIONS } from '../../domain/decision.ts';
import { dbCount, dbInstant, type Queryable, row, rows } from '../../postgres/rows.ts';
import { queueRows } from '../queue.ts';

const storedSession = z.object({
  session_id: z.string(),
  state: z.enum(BULK_STATES),
  started_by: z.string(),
  created_at: dbInstant,
  finished_at: dbInstant.nullable(),
  decision: z.enum(DECISIONS).nullable(),
  reason: z.string().nullable(),
  note: z.string().nullable(),
  chosen_by: z.string(),
  items: dbCount,
  settled: dbCount,
  undone: dbCount,
  outcomes: z.record(z.string(), z.number().int()),
  paid: dbCount,
  rejected: dbCount,
  reversed: dbCount,
  is_mine: z.boolean(),
});

const SESSION = `SELECT session_id, state, started_by, created_at, finished_at, decision, reason, note, chosen_by, items, settled,
  undone, outcomes, paid, rejected, reversed, is_mine FROM umpire.bulk_sessions_seen`;

/** Null where there is no such session, or none that this login may see. */
export async function readBulk(db: Queryable, sessionId: string): Promise<BulkSession | null> {
  const stored = await row(db, storedSession, `${SESSION} WHERE session_id = $1`, [sessionId]);
  return stored === null ? null : sessionOf(stored);
}

const MOST_LISTED = 200;

/** The latest sessions, newest first. */
export async function listBulk(db: Queryable): Promise<BulkSession[]> {
  const stored = await rows(db, storedSession, `${SESSION} ORDER BY created_at DESC, session_id LIMIT ${MOST_LISTED}`);
  return stored.map(sessionOf);
}

function sessionOf(stored: z.infer<typeof storedSession>): BulkSession {
  const undoing = stored.state === 'undoing' || stored.state === 'undone';
  return {
    sessionId: stored.session_id,
    state: stored.state,
    startedBy: stored.started_by,
    createdAt: stored.created_at,
    finishedAt: stored.finished_at,
    decision: stored.decision,
    reason: stored.reason,
    note: stored.note,
    chosenBy: stored.chosen_by,
    items: stored.items,
    settled: undoing ? stored.undone : stored.settled,
    outcomes: stored.outcomes,
    paid: stored.paid,
    rejected: stored.rejected,
    reversed: stored.reversed,
    isMine: stored.is_mine,
  };
}

const storedItem = z.object({
  position: z.number().int(),
  item_id: z.string(),
  decision_id: z.string(),
  decision: z.enum(DECISIONS).nullable(),
  reason: z.string().nullable(),
  note: z.string().nullable(),
  outcome: z.enum(DECISION_OUTCOMES).nullable(),
  message: z.string().nullable(),
  paid: z.number().int().nullable(),
  rejected: z.number().int().nullable(),
  reversed: z.number().int().nullable(),
  undo_outcome: z.enum(DECISION_OUTCOMES).nullable(),
  undo_message: z.string().nullable(),
});
export type StoredBulkItem = z.infer<typeof storedItem>;

/** Items of a session by their positions, from `offset` on. */
export function readBulkItems(
  db: Queryable,
  sessionId: string,
  offset: number,
  limit: number,
): Promise<StoredBulkItem[]> {
  return rows(
    db,
    storedItem,
    `SELECT position, item_id, decision_id, decision, reason, note, outcome, message, paid, rejected, reversed, undo_outcome, undo_message
     FROM umpire.bulk_items_seen WHERE session_id = $1 AND position >= $2 AND position < $2 + $3 ORDER BY position`,
    [sessionId, offset, limit],
  );
}

export function isUndone({ undo_outcome: undo }: StoredBulkItem): boolean {
  return undo === 'applied' || undo === 'agreed';
}

/** What there is to say of an item: why it was not decided as asked, or why that was not taken back. */
export function messageOf(item: StoredBulkItem): string | null {
  if (item.undo_outcome === null || isUndone(item)) return item.message;
  return `Not taken back: ${item.undo_message ?? item.undo_outcome}`;
}

/** One page of a session's items as the window shows them; what is no longer in the queue has no row. */
export async function bulkItemsPage(
  db: Queryable,
  { sessionId, offset, limit }: { readonly sessionId: string; readonly offset: number; readonly limit: number },
  now: Date,
): Promise<BulkItems> {
  const session = await readBulk(db, sessionId);
  const stored = await readBulkItems(db, sessionId, offset, limit);
  const shown = await queueRows(
    db,
    stored.map((item) => item.item_id),
    now,
  );
  const byId = new Map(shown.map((one) => [one.itemId, one]));
  return {
    total: session?.items ?? 0,
    rows: stored.flatMap((item) => {
      const found = byId.get(item.item_id);
      if (found === undefined) return [];
      const { position, outcome } = item;
      return [{ position, row: found, outcome, message: messageOf(item), undone: isUndone(item) }];
    }),
  };
}
