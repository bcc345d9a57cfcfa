import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { decide, madeBefore } from './deciding.ts';
import { CacheRefusal } from './error.ts';
import { headRow } from './head-row.ts';
import { notNow } from './outbox-insert.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

export type Skipped = { readonly itemId: string; readonly why: string };
export type Many = {
  readonly taken: Outgoing[];
  readonly skipped: Skipped[];
  /** Of those taken, how many have no effect before a second analyst decides the same. */
  readonly awaitingSecond: number;
};

/** What is with a lead is decided by one. */
export type Decider = { readonly lead: boolean };

/** Decides many; what cannot be decided, and what changed since it was chosen, is told and stops no other. */
export function decideMany(store: Store, calls: readonly NewDecision[], by: Decider): Many {
  const taken: Outgoing[] = [];
  const skipped: Skipped[] = [];
  let awaitingSecond = 0;
  for (const call of calls) {
    try {
      const before = madeBefore(store, call);
      if (before === undefined) refuseUnforeseen(store, call, by);
      else refuseWhatIsNothing(store, before);
      const made = decide(store, call);
      taken.push(made);
      if (needsSecond(store, made)) awaitingSecond += 1;
    } catch (error) {
      if (!(error instanceof CacheRefusal)) throw error;
      skipped.push({ itemId: call.itemId, why: error.message });
    }
  }
  return { taken, skipped, awaitingSecond };
}

/** A decision that was made before is one of these only while it is under way or stands: of any other nothing would ever be sent. */
function refuseWhatIsNothing(store: Store, { id, state, resolution }: Outgoing): void {
  const anew = 'choose it in a new session.';
  const settle = resolution === null ? 'settle it in the outbox.' : anew;
  switch (state) {
    case 'queued':
    case 'sending':
      return;
    case 'applied':
    case 'agreed':
    case 'awaiting_second':
      if (isTakenBack(store, id)) throw notNow(`This was undone: ${anew}`);
      return;
    case 'conflict':
      throw notNow(`This was decided otherwise meanwhile: ${settle}`);
    case 'returned':
      throw notNow(`This came back, since the case has changed: ${settle}`);
    case 'rejected':
      throw notNow(`This was refused: ${settle}`);
    case 'withdrawn':
      throw notNow(`This was taken back: ${anew}`);
  }
}

/** Whether a decision that had its effect, or waits for it, was taken back: here, or by anybody else as the item shows. */
function isTakenBack(store: Store, id: string): boolean {
  return (
    store.get(
      `SELECT 1 FROM outbox AS o WHERE o.id = ? AND (
         EXISTS (SELECT 1 FROM outbox AS u WHERE u.undoes = o.id AND (u.${IS_UNDELIVERED} OR u.state IN ('applied', 'agreed')))
         OR o.state <> 'awaiting_second' AND EXISTS (SELECT 1 FROM items AS i WHERE i.item_id = o.item_id AND i.shown = o.status_before))`,
      id,
    ) !== undefined
  );
}

/** Whether a decision that has had no effect yet waits for a second analyst when it is sent. */
function needsSecond(store: Store, { id }: Outgoing): boolean {
  return (
    store.get(
      `SELECT 1 FROM outbox AS o JOIN items AS i ON i.item_id = o.item_id
       WHERE o.id = ? AND o.state IN ('queued', 'sending', 'awaiting_second') AND o.decision <> 'escalate'
         AND o.status_before = 'pending' AND i.second_review <> 'none'`,
      id,
    ) !== undefined
  );
}

/** Of many nobody looks at each: what one would be asked about alone is left out. */
function refuseUnforeseen(store: Store, { itemId, expectedVersion }: NewDecision, { lead }: Decider): void {
  const head = headRow(store, itemId);
  if (head === undefined || (head.shown !== 'pending' && head.shown !== 'escalated')) return;
  if (head.version !== expectedVersion) throw notNow('This case changed since the preview.');
  if (head.shown === 'escalated' && !lead) throw notNow('This case is with a lead, who decides it now.');
  if (awaitsSecond(store, itemId, head.second_review)) {
    throw notNow('Your own decision on this case waits for a second analyst.');
  }
}

/** Whether one's own decision waits there, and was not taken back here. */
function awaitsSecond(store: Store, itemId: string, secondReview: 'none' | 'needed' | 'mine'): boolean {
  const takenBack = `SELECT 1 FROM overlay WHERE item_id = ? AND kind = 'undo'`;
  if (store.get(takenBack, itemId) !== undefined) return false;
  const waits = `SELECT 1 FROM outbox WHERE item_id = ? AND state = 'awaiting_second'`;
  return secondReview === 'mine' || store.get(waits, itemId) !== undefined;
}

/** Ends a transaction that was only to be looked at. */
class Foreseen extends Error {}

/** What `decideMany` would do: it is done, and nothing of it stays. */
export function foresee(store: Store, calls: readonly NewDecision[], by: Decider): Many {
  let foreseen: Many = { taken: [], skipped: [], awaitingSecond: 0 };
  try {
    store.write(() => {
      foreseen = decideMany(store, calls, by);
      throw new Foreseen();
    });
  } catch (error) {
    if (!(error instanceof Foreseen)) throw error;
  }
  return foreseen;
}
