import type { Resolution } from '../domain/outbox.ts';
import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { alikeRows, isAsked, rowsToHand } from './alike.ts';
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
/** What a lead is asked for. */
export type Asks = Pick<NewDecision, 'decision' | 'reason'>;
export type ObjectCall = {
  readonly id: string;
  /** The operation of one's own that came back. */
  readonly troubledId: string;
  /** For a refused undo, which is no decision that could be asked for. */
  readonly asks?: Asks | null;
  readonly note: string | null;
  readonly decidedAt: string;
};

/** How a person settles all that came back of a session as one operation did. */
export type Alike = {
  readonly troubledId: string;
  /** How many the person was told of: where it is another number by now, nothing is settled. */
  readonly count: number;
};
export type ObjectEach = Alike & {
  readonly decidedAt: string;
  readonly of: (troubled: Outgoing) => Pick<ObjectCall, 'id' | 'asks' | 'note'>;
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
  const asks =
    troubled.decision === null || troubled.reason === null
      ? call.asks
      : { decision: troubled.decision, reason: troubled.reason };
  const before = storedOperation(store, call.id);
  if (before !== undefined) {
    const same =
      before.kind === 'object' &&
      before.item_id === troubled.item_id &&
      before.decision === asks?.decision &&
      before.reason === asks.reason &&
      before.note === call.note;
    if (!same) throw reused(call.id);
    return outgoingOf(before);
  }
  if (troubled.kind === 'object') throw notNow('A lead is asked by this already.');
  if (asks === undefined || asks === null) {
    throw notNow('What a lead is to be asked for is not known here yet: try again when you are on-line.');
  }
  if (isAsked(store, troubled)) throw notNow(ASKED);
  if (troubled.kind === 'undo') refuseWhatIsNoUndo(store, troubled.item_id);
  resolve(store, call.troubledId, 'handed_to_lead');
  return insert(store, {
    id: call.id,
    note: call.note,
    decidedAt: call.decidedAt,
    ...asks,
    itemId: troubled.item_id,
    kind: 'object',
    settles: troubled.id,
    undoes: null,
    expectedVersion: null,
    sessionId: null,
    about: aboutOperation(troubled),
    seen: troubled.seen,
    moves: NOTHING,
    statusBefore: 'pending',
  });
}

export const ASKED = 'A lead is asked about this case already.';

/** Of a case that is open nothing is to be undone, and what is with a lead needs no other one. */
function refuseWhatIsNoUndo(store: Store, itemId: string): void {
  const shown = headRow(store, itemId)?.shown;
  if (shown === 'pending') throw notNow('This case is open: there is nothing left to undo.');
  if (shown === 'escalated') throw notNow('This case is with a lead already, who decides it.');
}

/** Hands all to a lead that came back of a session as this one did, each with an objection of its own: what is settled, and the objections. */
export function objectAll(store: Store, { troubledId, count, decidedAt, of }: ObjectEach): Outgoing[] {
  const first = known(store, troubledId);
  // A call whose answer was lost is made again.
  if (first.resolution === 'handed_to_lead') return [outgoingOf(first)];
  const rows = rowsToHand(store, first);
  refuseAnotherCount(rows.length, count);
  const objections = rows.map((row) => {
    const troubled = outgoingOf(row);
    return object(store, { ...of(troubled), troubledId: row.id, decidedAt });
  });
  return [...rows.map(({ id }) => outgoingOf(known(store, id))), ...objections];
}

/** Leaves all as it is that came back of a session as this one did. */
export function keepAll(store: Store, { troubledId, count }: Alike): Outgoing[] {
  const first = known(store, troubledId);
  if (first.resolution === 'kept') return [outgoingOf(first)];
  const rows = alikeRows(store, first);
  refuseAnotherCount(rows.length, count);
  return rows.map(({ id }) => resolve(store, id, 'kept'));
}

/** What came back meanwhile was seen by nobody. */
function refuseAnotherCount(now: number, told: number): void {
  if (now !== told) throw notNow(`There are ${now} of them by now, and not ${told}: look again.`);
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
