import type { Resolution } from '../domain/outbox.ts';
import type { NewDecision, Outgoing } from '../sync/ports.ts';
import type { ItemOfDecision } from './facts.ts';
import { decide, madeBefore, queueDecision } from './deciding.ts';
import { headRow } from './head-row.ts';
import {
  aboutOperation,
  expected,
  insert,
  known,
  notNow,
  NOTHING,
  refuseUndelivered,
  reused,
  unknownItem,
} from './outbox-insert.ts';
import { outgoingOf, storedOperation } from './outbox-row.ts';
import type { Store } from './store.ts';
import { undo, type UndoCall } from './taking-back.ts';

export type RedecideCall = {
  /** The operation of one's own that met somebody else's decision, or evidence that had changed. */
  readonly troubledId: string;
  /** How what stands is taken back before, where something does; null where the case is open again. */
  readonly undo: UndoCall | null;
  readonly decision: NewDecision;
};
export type ObjectCall = {
  readonly id: string;
  /** The operation of one's own that met somebody else's decision. */
  readonly troubledId: string;
  readonly note: string | null;
  readonly decidedAt: string;
};

export function redecide(
  store: Store,
  { troubledId, undo: takeBack, decision }: RedecideCall,
  itemOfDecision: ItemOfDecision,
): Outgoing {
  const before = madeBefore(store, decision);
  if (before !== undefined) return before;
  if (known(store, troubledId).item_id !== decision.itemId) throw notNow('That is a decision on another case.');
  resolve(store, troubledId, 'redecided');
  if (takeBack === null) return decide(store, decision, troubledId);
  refuseUndelivered(store, decision.itemId);
  const head = headRow(store, decision.itemId);
  if (head === undefined) throw unknownItem();
  const undone = undo(store, { ...takeBack, itemId: decision.itemId, settles: troubledId }, itemOfDecision);
  if (undone.itemId !== decision.itemId) throw notNow('What is to be taken back is a decision on another case.');
  return queueDecision(store, decision, headRow(store, decision.itemId) ?? head, troubledId);
}

export function object(store: Store, call: ObjectCall): Outgoing {
  const troubled = known(store, call.troubledId);
  const before = storedOperation(store, call.id);
  if (before !== undefined) {
    const same =
      before.kind === 'object' &&
      before.item_id === troubled.item_id &&
      before.decision === troubled.decision &&
      before.reason === troubled.reason &&
      before.note === call.note;
    if (!same) throw reused(call.id);
    return outgoingOf(before);
  }
  if (troubled.decision === null) throw notNow('Only a decision can be handed to a lead.');
  const asked = store.get(
    `SELECT 1 FROM outbox WHERE kind = 'object' AND item_id = ? AND seq > ? AND state NOT IN ('rejected', 'withdrawn')`,
    troubled.item_id,
    troubled.seq,
  );
  if (asked !== undefined) throw notNow('A lead is asked about this already.');
  resolve(store, call.troubledId, 'handed_to_lead');
  return insert(store, {
    ...call,
    itemId: troubled.item_id,
    kind: 'object',
    settles: troubled.id,
    undoes: null,
    expectedVersion: null,
    decision: troubled.decision,
    reason: troubled.reason,
    sessionId: null,
    about: aboutOperation(troubled),
    seen: troubled.seen,
    moves: NOTHING,
    statusBefore: 'pending',
  });
}

export function resolve(store: Store, id: string, resolution: Resolution): Outgoing {
  const row = known(store, id);
  if (row.resolution === resolution) return outgoingOf(row);
  if (row.resolution !== null) throw notNow('This was settled already.');
  if (row.state !== 'conflict' && row.state !== 'returned' && row.state !== 'rejected') {
    throw notNow('There is nothing to settle about this.');
  }
  store.run('UPDATE outbox SET resolution = ? WHERE id = ?', resolution, id);
  return outgoingOf(known(store, id));
}

export function retry(store: Store, id: string): Outgoing {
  const row = known(store, id);
  if (row.state !== 'rejected') throw notNow('Only what was rejected can be sent again.');
  if (row.resolution !== null) throw notNow('This was settled already.');
  refuseUndelivered(store, row.item_id);
  const head = headRow(store, row.item_id);
  const moves =
    head === undefined || row.kind !== 'decide' || row.decision === null ? NOTHING : expected(head, row.decision);
  store.run(
    `UPDATE outbox SET state = 'queued', message = NULL, paid = ?, rejected = ?, reversed = ? WHERE id = ?`,
    moves.paid,
    moves.rejected,
    moves.reversed,
    id,
  );
  return outgoingOf(known(store, id));
}
