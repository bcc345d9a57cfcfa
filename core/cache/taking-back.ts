import type { Outgoing } from '../sync/ports.ts';
import { CacheRefusal } from './error.ts';
import type { ItemOfDecision } from './facts.ts';
import { headRow } from './head-row.ts';
import { type About, aboutHead, aboutOperation, insert, known, notNow, NOTHING, reused } from './outbox-insert.ts';
import { outgoingOf, storedOperation, type StoredOperation } from './outbox-row.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

export type UndoCall = {
  readonly id: string;
  readonly decisionId: string;
  /** Needed for a decision that neither the outbox nor the evidence kept here knows. */
  readonly itemId?: string | undefined;
  readonly note: string | null;
  readonly decidedAt: string;
  /** The troubled operation that is settled by the decision behind it. */
  readonly settles?: string | null;
};

/** What is withdrawn moves nothing. */
const WITHDRAWN = `state = 'withdrawn', paid = 0, rejected = 0, reversed = 0`;

export function undo(store: Store, call: UndoCall, itemOfDecision: ItemOfDecision): Outgoing {
  const before = storedOperation(store, call.id);
  if (before !== undefined) {
    if (before.kind !== 'undo' || before.undoes !== call.decisionId || before.note !== call.note) throw reused(call.id);
    return outgoingOf(before);
  }
  const decision = storedOperation(store, call.decisionId);
  if (decision !== undefined) {
    if (decision.kind !== 'decide') throw notNow('This is no decision: it cannot be taken back.');
    if (decision.state === 'withdrawn') return outgoingOf(decision);
    if (decision.state === 'queued' && decision.in_doubt === 0) return withdraw(store, decision);
    const isRejected = decision.state === 'rejected' && decision.in_doubt === 0;
    if (decision.state === 'conflict' || decision.state === 'returned' || isRejected) {
      throw notNow('This decision had no effect, so there is nothing to take back.');
    }
    if (decision.state === 'agreed') {
      throw notNow('Another decision says the same, and the effect is that one’s: that one is to be taken back.');
    }
  }
  const other = store.get<{ state: string }>(
    `SELECT state FROM outbox WHERE undoes = ? AND (${IS_UNDELIVERED} OR state IN ('applied', 'agreed'))`,
    call.decisionId,
  );
  if (other !== undefined) throw notNow('This decision is taken back already.');
  const named = decision === undefined ? itemOfDecision(call.decisionId) : null;
  const itemId = decision?.item_id ?? named?.itemId ?? call.itemId ?? null;
  // An earlier item may be out of what is kept: the one whose evidence names it is of the same referral.
  const head = itemId === null ? undefined : (headRow(store, itemId) ?? headRow(store, named?.namedBy ?? itemId));
  const about = decision === undefined ? head && aboutHead(head) : aboutOperation(decision);
  if (itemId === null || about === undefined) {
    throw new CacheRefusal(
      'unknown_operation',
      'This decision is not known on this computer. Open its case while on-line, then take it back.',
    );
  }
  return insertUndo(store, call, call.decisionId, itemId, about, decision?.status_before);
}

export function withdraw(store: Store, row: StoredOperation): Outgoing {
  if (row.state === 'withdrawn') return outgoingOf(row);
  if (row.state !== 'queued') {
    throw notNow(
      row.state === 'sending'
        ? 'This is being sent right now; take it back when it is answered.'
        : 'This was sent already.',
    );
  }
  // Withdrawn here and applied there would be a decision that nobody knows of.
  if (row.in_doubt === 1) {
    throw notNow(
      'This was sent once, and the connection broke before the answer: whether it took effect is not known yet. Take it back instead.',
    );
  }
  const again = `SELECT 1 FROM outbox WHERE item_id = ? AND seq > ? AND kind = 'decide' AND ${IS_UNDELIVERED}`;
  if (row.kind === 'undo' && store.get(again, row.item_id, row.seq) !== undefined) {
    throw notNow('This was decided again since: take that back first.');
  }
  store.run(`UPDATE outbox SET ${WITHDRAWN} WHERE id = ?`, row.id);
  if (row.settles !== null) unsettle(store, row.settles);
  return outgoingOf(known(store, row.id));
}

/** Nothing settles it any more: it is to be settled again, and what was to be taken back for it stays unless that was sent. */
export function unsettle(store: Store, troubledId: string): void {
  store.run(
    `UPDATE outbox SET ${WITHDRAWN} WHERE settles = ? AND kind = 'undo' AND state = 'queued' AND NOT in_doubt`,
    troubledId,
  );
  store.run('UPDATE outbox SET resolution = NULL WHERE id = ?', troubledId);
  // The evidence of what is troubled is wanted.
  store.touchItems();
}

export type WithdrawnSession = {
  /** Decisions of which no server can have heard: they are nothing any more. */
  readonly withdrawn: number;
  /** New operations, one for each decision that was sent. */
  readonly undos: readonly Outgoing[];
};

/**
 * Takes a whole session back: what waits is withdrawn, and what a server has or may have is undone by an operation each, which is sent
 * once its decision is answered. What had no effect, and what is being taken back already, is left out. What is too late the server
 * says, by its own clock: that comes back, to be handed to a lead.
 */
export function withdrawSession(store: Store, sessionId: string, by: UndoEach): WithdrawnSession {
  const withdrawn = store.run(
    `UPDATE outbox SET ${WITHDRAWN} WHERE session_id = ? AND kind = 'decide' AND state = 'queued' AND NOT in_doubt`,
    sessionId,
  );
  const sent = store.all<StoredOperation>(
    `SELECT * FROM outbox AS o WHERE o.session_id = ? AND o.kind = 'decide' AND o.state IN ('queued', 'sending', 'awaiting_second', 'applied')
       AND NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.undoes = o.id AND p.state <> 'withdrawn')
     ORDER BY o.seq`,
    sessionId,
  );
  const undos = sent.map((decision) =>
    insertUndo(
      store,
      { id: by.newId(), note: by.note, decidedAt: by.decidedAt },
      decision.id,
      decision.item_id,
      aboutOperation(decision),
      decision.status_before,
    ),
  );
  return { withdrawn, undos };
}

/** How each undo of many is made. */
export type UndoEach = {
  readonly newId: () => string;
  readonly note: string | null;
  readonly decidedAt: string;
};

function insertUndo(
  store: Store,
  { id, note, decidedAt, settles = null }: Pick<UndoCall, 'id' | 'note' | 'decidedAt' | 'settles'>,
  undoes: string,
  itemId: string,
  about: About,
  statusBefore: StoredOperation['status_before'] = 'pending',
): Outgoing {
  return insert(store, {
    id,
    note,
    decidedAt,
    settles,
    itemId,
    kind: 'undo',
    undoes,
    expectedVersion: null,
    decision: null,
    reason: null,
    sessionId: null,
    about,
    seen: null,
    moves: NOTHING,
    statusBefore,
  });
}
