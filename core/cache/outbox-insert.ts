import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { CacheRefusal } from './error.ts';
import type { HeadRow } from './head-row.ts';
import { outgoingOf, storedOperation, type StoredOperation } from './outbox-row.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

const waits = (): CacheRefusal =>
  new CacheRefusal('undelivered', 'Something that was done about this case waits to be sent.');

export function refuseUndelivered(store: Store, itemId: string): void {
  if (store.get(`SELECT 1 FROM outbox WHERE item_id = ? AND ${IS_UNDELIVERED}`, itemId) !== undefined) throw waits();
}

/** What was taken back here may be decided again at once: it is sent behind its undo. */
export function refuseUndeliveredButUndone(store: Store, itemId: string): void {
  const last = store.get<Pick<StoredOperation, 'kind'>>(
    `SELECT kind FROM outbox WHERE item_id = ? AND ${IS_UNDELIVERED} ORDER BY seq DESC LIMIT 1`,
    itemId,
  );
  if (last !== undefined && last.kind !== 'undo') throw waits();
}

export function known(store: Store, id: string): StoredOperation {
  const row = storedOperation(store, id);
  if (row === undefined) throw new CacheRefusal('unknown_operation', 'There is no such row in the outbox.');
  return row;
}

export const unknownItem = (): CacheRefusal =>
  new CacheRefusal('unknown_item', 'This case is not kept on this computer, so it cannot be decided here.');
export const notNow = (why: string): CacheRefusal => new CacheRefusal('not_now', why);
export const reused = (id: string): CacheRefusal =>
  new CacheRefusal('id_reused', `The id ${id} was used for something else already.`);

export type Moves = { readonly paid: number; readonly rejected: number; readonly reversed: number };
export const NOTHING: Moves = { paid: 0, rejected: 0, reversed: 0 };

/** Credits that a decision will move, by what is known now: none where it waits for a second analyst first. */
export function expected(head: HeadRow, decision: NewDecision['decision']): Moves {
  if (head.shown === 'pending' && head.second_review !== 'none') return NOTHING;
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
export type About = Pick<
  StoredOperation,
  'referrer_id' | 'referee_id' | 'referrer_name' | 'referee_name' | 'score' | 'priority'
>;
export const aboutHead = (head: HeadRow): About => about(head);
export const aboutOperation = (operation: StoredOperation): About => about(operation);
const about = ({ referrer_id, referee_id, referrer_name, referee_name, score, priority }: About): About => ({
  referrer_id,
  referee_id,
  referrer_name,
  referee_name,
  score,
  priority,
});

export type Inserted = Pick<
  Outgoing,
  'id' | 'kind' | 'itemId' | 'expectedVersion' | 'decision' | 'reason' | 'note' | 'undoes' | 'sessionId' | 'decidedAt'
> & {
  readonly seen: string | null;
  readonly about: About;
  readonly moves: Moves;
  /** The troubled operation that is settled by it. */
  readonly settles: string | null;
  /** As what the item was decided; of an undo, what it is again. */
  readonly statusBefore: StoredOperation['status_before'];
};

export function insert(store: Store, made: Inserted): Outgoing {
  store.run(
    `INSERT INTO outbox (id, kind, item_id, expected_version, decision, reason, note, undoes, session_id, decided_at, seen,
       referrer_name, referee_name, score, priority, paid, rejected, reversed, status_before, referrer_id, referee_id, settles)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    made.statusBefore,
    made.about.referrer_id,
    made.about.referee_id,
    made.settles,
  );
  return outgoingOf(known(store, made.id));
}
