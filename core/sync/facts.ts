import { stored } from './failure.ts';
import type { Server, SyncStore } from './ports.ts';

/** Cases of one call: small, so that a decision or an opened case does not wait long behind it. */
const SLICE = 50;

export type FactsNeeds = {
  readonly store: SyncStore;
  readonly server: Server;
  readonly ask: <Value>(call: () => Promise<Value>) => Promise<Value>;
};

/** Fetches evidence slice by slice. One for each round of pulls. */
export type Hydration = {
  /** The next slice; false when there is nothing more to fetch before the next pull. */
  step(needs: FactsNeeds): Promise<boolean>;
};

/**
 * Evidence that was fetched and is still wanted is of another moment than its head, or there is none: only the next pull can tell,
 * and asking before it would go on for ever.
 */
export function hydration(): Hydration {
  let last: readonly string[] = [];
  const stuck = new Set<string>();
  return {
    async step({ store, server, ask }) {
      const wanted = stored(() => store.factsWanted(SLICE + stuck.size + last.length));
      const still = new Set(wanted);
      for (const id of last) if (still.has(id)) stuck.add(id);
      const slice = wanted.filter((id) => !stuck.has(id)).slice(0, SLICE);
      last = slice;
      if (slice.length === 0) return false;
      const facts = await ask(() => server.facts(slice));
      stored(() => store.putFacts(facts));
      return true;
    },
  };
}
