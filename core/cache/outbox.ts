import type { Resolution } from '../domain/outbox.ts';
import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { CacheRefusal } from './error.ts';
import { headRow, type HeadRow, priorityOf, signalsOf } from './head-row.ts';
import { outgoingOf, storedOperation, type StoredOperation } from './outbox-row.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

export type Skipped = { readonly itemId: string; readonly why: string };
export type UndoCall = {
  readonly id: string;
  readonly decisionId: string;
  /** Needed for a decision that neither the outbox nor the evidence kept here knows. */
  readonly itemId?: string | undefined;
  readonly note: string | null;
  readonly decidedAt: string;
};
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

/** Each is on disk when it returns, and throws a CacheRefusal with words, and without any effect, where it cannot be done. */
type OutboxSide = {
  /** Decides an item: `queued`. The same call again gives its row as it is by then. */
  decide(call: NewDecision): Outgoing;
  /** Many at once in one transaction; what cannot be decided is told and stops no other. */
  decideMany(calls: readonly NewDecision[]): { taken: Outgoing[]; skipped: Skipped[] };
  /** Takes a decision back: its own row, now `withdrawn`, where no server can have heard of it, otherwise that of a new undo. */
  undo(call: UndoCall): Outgoing;
  /** Decides again what is troubled, which is settled by it: the row of the new decision. It is sent once what stands was taken back. */
  redecide(call: RedecideCall): Outgoing;
  /** Hands what is troubled to a lead: the row of the objection; what it is about is settled by it. */
  object(call: ObjectCall): Outgoing;
  /** Says how a person settled what was troubled. */
  resolve(id: string, resolution: Resolution): Outgoing;
  /** Sends what was rejected again, with the same id. */
  retry(id: string): Outgoing;
  /** Withdraws what was never sent. */
  withdraw(id: string): Outgoing;
  /** Withdraws those of a session that were never sent; returns how many. */
  withdrawSession(sessionId: string): number;
};

export function outboxSide(store: Store, itemOfDecision: (decisionId: string) => string | null): OutboxSide {
  return {
    decide: (call) => store.write(() => decide(store, call)),
    decideMany: (calls) =>
      store.write(() => {
        const taken: Outgoing[] = [];
        const skipped: Skipped[] = [];
        for (const call of calls) {
          try {
            taken.push(decide(store, call));
          } catch (error) {
            if (!(error instanceof CacheRefusal)) throw error;
            skipped.push({ itemId: call.itemId, why: error.message });
          }
        }
        return { taken, skipped };
      }),
    undo: (call) => store.write(() => undo(store, call, itemOfDecision)),
    redecide: (call) => store.write(() => redecide(store, call, itemOfDecision)),
    object: (call) => store.write(() => object(store, call)),
    resolve: (id, resolution) => store.write(() => resolve(store, id, resolution)),
    retry: (id) => store.write(() => retry(store, id)),
    withdraw: (id) => store.write(() => withdraw(store, known(store, id))),
    withdrawSession: (sessionId) =>
      store.write(() =>
        store.run(
          `UPDATE outbox SET ${WITHDRAWN} WHERE session_id = ? AND state = 'queued' AND NOT in_doubt`,
          sessionId,
        ),
      ),
  };
}

/** What is withdrawn moves nothing. */
const WITHDRAWN = `state = 'withdrawn', paid = 0, rejected = 0, reversed = 0`;

/** The row of a decision that was made before; undefined where it is new. */
function madeBefore(store: Store, call: NewDecision): Outgoing | undefined {
  const before = storedOperation(store, call.id);
  if (before === undefined) return undefined;
  const same =
    before.kind === 'decide' &&
    before.item_id === call.itemId &&
    before.expected_version === call.expectedVersion &&
    before.decision === call.decision &&
    before.reason === call.reason &&
    before.note === call.note;
  if (!same) throw reused(call.id);
  return outgoingOf(before);
}

function decide(store: Store, call: NewDecision): Outgoing {
  const before = madeBefore(store, call);
  if (before !== undefined) return before;
  const head = headRow(store, call.itemId);
  if (head === undefined) throw unknownItem();
  refuseUndelivered(store, call.itemId);
  if (head.shown !== 'pending' && head.shown !== 'escalated') {
    throw new CacheRefusal(
      'not_open',
      head.shown === 'gone' ? 'This case is gone.' : `This case is ${head.shown} already.`,
    );
  }
  return queueDecision(store, call, head);
}

function queueDecision(store: Store, call: NewDecision, head: HeadRow): Outgoing {
  return insert(store, {
    ...call,
    kind: 'decide',
    undoes: null,
    about: aboutHead(head),
    seen: JSON.stringify({
      version: head.version,
      score: head.score,
      priority: priorityOf(head.priority),
      ruleSetVersion: head.rule_set_version,
      signals: signalsOf(head.signals),
    } satisfies Outgoing['seen']),
    moves: expected(head, call.decision),
  });
}

function undo(store: Store, call: UndoCall, itemOfDecision: (decisionId: string) => string | null): Outgoing {
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
    if (decision.state === 'conflict' || decision.state === 'returned' || decision.state === 'rejected') {
      throw notNow('This decision had no effect, so there is nothing to take back.');
    }
  }
  const other = store.get<{ state: string }>(
    `SELECT state FROM outbox WHERE undoes = ? AND (${IS_UNDELIVERED} OR state IN ('applied', 'agreed'))`,
    call.decisionId,
  );
  if (other !== undefined) throw notNow('This decision is taken back already.');
  const itemId = decision?.item_id ?? call.itemId ?? itemOfDecision(call.decisionId);
  const head = itemId === null ? undefined : headRow(store, itemId);
  const about = decision === undefined ? head && aboutHead(head) : aboutOperation(decision);
  if (itemId === null || about === undefined) {
    throw new CacheRefusal(
      'unknown_operation',
      'This decision is not known on this computer. Open its case while on-line, then take it back.',
    );
  }
  return insert(store, {
    ...call,
    itemId,
    kind: 'undo',
    undoes: call.decisionId,
    expectedVersion: null,
    decision: null,
    reason: null,
    sessionId: null,
    about,
    seen: null,
    moves: NOTHING,
  });
}

function redecide(
  store: Store,
  { troubledId, undo: takeBack, decision }: RedecideCall,
  itemOfDecision: (decisionId: string) => string | null,
): Outgoing {
  const before = madeBefore(store, decision);
  if (before !== undefined) return before;
  if (known(store, troubledId).item_id !== decision.itemId) throw notNow('That is a decision on another case.');
  resolve(store, troubledId, 'redecided');
  if (takeBack === null) return decide(store, decision);
  refuseUndelivered(store, decision.itemId);
  const head = headRow(store, decision.itemId);
  if (head === undefined) throw unknownItem();
  const undone = undo(store, { ...takeBack, itemId: decision.itemId }, itemOfDecision);
  if (undone.itemId !== decision.itemId) throw notNow('What is to be taken back is a decision on another case.');
  return queueDecision(store, decision, head);
}

function object(store: Store, call: ObjectCall): Outgoing {
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
    undoes: null,
    expectedVersion: null,
    decision: troubled.decision,
    reason: troubled.reason,
    sessionId: null,
    about: aboutOperation(troubled),
    seen: troubled.seen,
    moves: NOTHING,
  });
}

function resolve(store: Store, id: string, resolution: Resolution): Outgoing {
  const row = known(store, id);
  if (row.resolution === resolution) return outgoingOf(row);
  if (row.resolution !== null) throw notNow('This was settled already.');
  if (row.state !== 'conflict' && row.state !== 'returned' && row.state !== 'rejected') {
    throw notNow('There is nothing to settle about this.');
  }
  store.run('UPDATE outbox SET resolution = ? WHERE id = ?', resolution, id);
  return outgoingOf(known(store, id));
}

function retry(store: Store, id: string): Outgoing {
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

function withdraw(store: Store, row: StoredOperation): Outgoing {
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
  store.run(`UPDATE outbox SET ${WITHDRAWN} WHERE id = ?`, row.id);
  return outgoingOf(known(store, row.id));
}

function refuseUndelivered(store: Store, itemId: string): void {
  if (store.get(`SELECT 1 FROM outbox WHERE item_id = ? AND ${IS_UNDELIVERED}`, itemId) !== undefined) {
    throw new CacheRefusal('undelivered', 'Something that was done about this case waits to be sent.');
  }
}

function known(store: Store, id: string): StoredOperation {
  const row = storedOperation(store, id);
  if (row === undefined) throw new CacheRefusal('unknown_operation', 'There is no such row in the outbox.');
  return row;
}

const unknownItem = (): CacheRefusal =>
  new CacheRefusal('unknown_item', 'This case is not kept on this computer, so it cannot be decided here.');
const notNow = (why: string): CacheRefusal => new CacheRefusal('not_now', why);
const reused = (id: string): CacheRefusal =>
  new CacheRefusal('id_reused', `The id ${id} was used for something else already.`);

type Moves = { readonly paid: number; readonly rejected: number; readonly reversed: number };
const NOTHING: Moves = { paid: 0, rejected: 0, reversed: 0 };

/** Credits that a decision will move, by what is known now. */
function expected(head: HeadRow, decision: NewDecision['decision']): Moves {
  switch (decision) {
    case 'approve':
      return { ...NOTHING, paid: head.releases };
    case 'reject':
      return { ...NOTHING, rejected: head.rejects, reversed: head.takes_back };
    case 'escalate':
      return NOTHING;
  }
}

/** What a row of the outbox says of its item, kept with it: the item may be gone when somebody reads it. */
type About = Pick<StoredOperation, 'referrer_name' | 'referee_name' | 'score' | 'priority'>;
const aboutHead = ({ referrer_name, referee_name, score, priority }: HeadRow): About => ({
  referrer_name,
  referee_name,
  score,
  priority,
});
const aboutOperation = ({ referrer_name, referee_name, score, priority }: StoredOperation): About => ({
  referrer_name,
  referee_name,
  score,
  priority,
});

type Inserted = Pick<
  Outgoing,
  'id' | 'kind' | 'itemId' | 'expectedVersion' | 'decision' | 'reason' | 'note' | 'undoes' | 'sessionId' | 'decidedAt'
> & { readonly seen: string | null; readonly about: About; readonly moves: Moves };

function insert(store: Store, made: Inserted): Outgoing {
  store.run(
    `INSERT INTO outbox (id, kind, item_id, expected_version, decision, reason, note, undoes, session_id, decided_at, seen,
       referrer_name, referee_name, score, priority, paid, rejected, reversed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    made.id,
    made.kind,
    made.itemId,
    made.expectedVersion,
    made.decision,
    made.reason,
    made.note,
    made.undoes,
    made.sessionId,
    made.decidedAt,
    made.seen,
    made.about.referrer_name,
    made.about.referee_name,
    made.about.score,
    made.about.priority,
    made.moves.paid,
    made.moves.rejected,
    made.moves.reversed,
  );
  return outgoingOf(known(store, made.id));
}
