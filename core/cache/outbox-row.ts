import type { OutboxRow } from '../contract/sync.ts';
import type { Operation, Outgoing } from '../sync/ports.ts';
import { priorityOf } from './head-row.ts';
import type { Store } from './store.ts';

/** An operation as its columns in `outbox`. */
export type StoredOperation = {
  readonly seq: number;
  readonly id: string;
  readonly kind: Outgoing['kind'];
  readonly item_id: string;
  readonly expected_version: number | null;
  readonly decision: Outgoing['decision'];
  readonly reason: string | null;
  readonly note: string | null;
  readonly undoes: string | null;
  readonly session_id: string | null;
  readonly decided_at: string;
  readonly seen: string | null;
  /** Null where an earlier version wrote the row and its item was gone by then. */
  readonly referrer_id: string | null;
  readonly referee_id: string | null;
  readonly referrer_name: string;
  readonly referee_name: string;
  readonly score: number;
  readonly priority: number;
  readonly state: Outgoing['state'];
  readonly message: string | null;
  readonly attempts: number;
  /** It was sent before, and whether that had effect is not known. */
  readonly in_doubt: number;
  readonly resolution: Outgoing['resolution'];
  readonly answered_status: string | null;
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
  /** The troubled operation that is settled by it. */
  readonly settles: string | null;
  /** As what the item was decided; of an undo, what it is again. */
  readonly status_before: 'pending' | 'escalated';
};

export function storedOperation(store: Store, id: string): StoredOperation | undefined {
  return store.get<StoredOperation>('SELECT * FROM outbox WHERE id = ?', id);
}

/** What sync and the window are told of it alike. */
function toldOf(row: StoredOperation): Omit<Outgoing, 'expectedVersion' | 'seen' | 'isRefusedForGood'> {
  return {
    id: row.id,
    kind: row.kind,
    itemId: row.item_id,
    decision: row.decision,
    reason: row.reason,
    note: row.note,
    undoes: row.undoes,
    sessionId: row.session_id,
    decidedAt: row.decided_at,
    state: row.state,
    message: row.message,
    attempts: row.attempts,
    resolution: row.resolution,
    paid: row.paid,
    rejected: row.rejected,
    reversed: row.reversed,
  };
}

export function outgoingOf(row: StoredOperation): Outgoing {
  return {
    ...toldOf(row),
    expectedVersion: row.expected_version,
    seen: row.seen === null ? null : (JSON.parse(row.seen) as Outgoing['seen']),
    // What is kept there tells how its item stands; of an objection that was refused nothing is kept.
    isRefusedForGood: row.kind !== 'object' && row.state === 'rejected' && row.answered_status !== null,
  };
}

/** With what the window is told beside its columns. */
export type ListedOperation = StoredOperation & { readonly is_undone: number };

/** Rows of `outbox`, which is `o`, as they are listed. */
export const LISTED = `SELECT o.*, EXISTS (
    SELECT 1 FROM outbox AS u WHERE u.undoes = o.id AND u.kind = 'undo' AND u.state IN ('applied', 'agreed')
  ) AS is_undone FROM outbox AS o`;

/** As the window lists it. */
export function outboxRowOf(row: ListedOperation): OutboxRow {
  return {
    ...toldOf(row),
    inDoubt: row.in_doubt === 1,
    isUndone: row.is_undone === 1,
    referrerName: row.referrer_name,
    refereeName: row.referee_name,
    score: row.score,
    priority: priorityOf(row.priority),
  };
}

/** As it is sent. Throws where the row lacks what its kind needs, which nothing here writes. */
export function operationOf(row: StoredOperation): Operation {
  const { id, kind, item_id: itemId, decision, reason, note, undoes, expected_version: expectedVersion } = row;
  switch (kind) {
    case 'decide':
      if (decision === null || reason === null || expectedVersion === null) break;
      return { kind, id, itemId, expectedVersion, decision, reason, note };
    case 'undo':
      if (undoes === null) break;
      return { kind, id, itemId, undoes, note };
    case 'object':
      if (decision === null || reason === null) break;
      return { kind, id, itemId, decision, reason, note };
  }
  throw new Error(`the operation ${id} of the outbox is not whole`);
}
