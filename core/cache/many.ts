import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { decide } from './deciding.ts';
import { CacheRefusal } from './error.ts';
import type { Store } from './store.ts';

export type Skipped = { readonly itemId: string; readonly why: string };
export type Many = { readonly taken: Outgoing[]; readonly skipped: Skipped[] };

/** Decides many; what cannot be decided is told and stops no other. */
export function decideMany(store: Store, calls: readonly NewDecision[]): Many {
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
}

/** Ends a transaction that was only to be looked at. */
class Foreseen extends Error {}

/** What `decideMany` would do: it is done, and nothing of it stays. */
export function foresee(store: Store, calls: readonly NewDecision[]): Many {
  let foreseen: Many = { taken: [], skipped: [] };
  try {
    store.write(() => {
      foreseen = decideMany(store, calls);
      throw new Foreseen();
    });
  } catch (error) {
    if (!(error instanceof Foreseen)) throw error;
  }
  return foreseen;
}
