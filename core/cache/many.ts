import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { decide, madeBefore } from './deciding.ts';
import { CacheRefusal } from './error.ts';
import { headRow } from './head-row.ts';
import { notNow } from './outbox-insert.ts';
import type { Store } from './store.ts';

export type Skipped = { readonly itemId: string; readonly why: string };
export type Many = { readonly taken: Outgoing[]; readonly skipped: Skipped[] };

/** What is with a lead is decided by one. */
export type Decider = { readonly lead: boolean };

/** Decides many; what cannot be decided, and what changed since it was chosen, is told and stops no other. */
export function decideMany(store: Store, calls: readonly NewDecision[], by: Decider): Many {
  const taken: Outgoing[] = [];
  const skipped: Skipped[] = [];
  for (const call of calls) {
    try {
      const before = madeBefore(store, call);
      if (before === undefined) refuseUnforeseen(store, call, by);
      if (before?.state === 'withdrawn') throw notNow('This was taken back with its session: choose it in a new one.');
      taken.push(decide(store, call));
    } catch (error) {
      if (!(error instanceof CacheRefusal)) throw error;
      skipped.push({ itemId: call.itemId, why: error.message });
    }
  }
  return { taken, skipped };
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
  let foreseen: Many = { taken: [], skipped: [] };
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
