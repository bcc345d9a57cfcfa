import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { KeptFacts, SyncStore } from '../sync/ports.ts';
import { IS_TROUBLED, NOT_OVER } from './outbox-sql.ts';
import { OPEN_IN_ORDER } from './queue-order.ts';
import { keepOf } from './settings.ts';
import type { Store } from './store.ts';

type FactsSide = Pick<SyncStore, 'factsWanted' | 'putFacts' | 'evict'> & {
  /** The evidence of an item, and whether the item has changed since; null where it is not kept. */
  readonly factsOf: (itemId: string) => { readonly json: string; readonly isStale: boolean } | null;
  /** The item of a decision that kept evidence names; null where none does. */
  readonly itemOfDecision: (decisionId: string) => string | null;
  readonly kept: () => { wanted: number; present: number };
};

/** Cases opened beyond those that are kept, and closed ones: so many of the last fetched stay. */
const LATELY_FETCHED = 200;
/** Closed items whose rows stay, the last changed first. */
const CLOSED_KEPT = 50_000;

/** Evidence `f` that the item `i` as it is now was seen with. */
const IS_FRESH = '(f.stamp = i.stamp OR f.good_for = i.stamp)';

/** Evidence: what is to be fetched, what is kept, and what is let go. */
export function factsSide(store: Store): FactsSide {
  /** Stamps of the items when their evidence was asked for: what comes is at least as young. Lost with the program, and then asked again. */
  const askedAt = new Map<string, string>();

  return {
    factsWanted(most) {
      // What a person has to settle comes first, open or not: what changed in the evidence is what it is about.
      const wanted = store.all<{ item_id: string; stamp: string }>(
        `SELECT item_id, i.stamp FROM (
           SELECT item_id, stamp, 1 AS is_troubled, priority, score, due FROM items
           WHERE NOT is_gone AND item_id IN (SELECT item_id FROM outbox WHERE ${IS_TROUBLED})
           UNION ALL
           SELECT item_id, stamp, 0, priority, score, due FROM (${OPEN_IN_ORDER})
         ) AS i LEFT JOIN facts AS f USING (item_id)
         WHERE f.item_id IS NULL OR NOT ${IS_FRESH}
         GROUP BY item_id ORDER BY max(is_troubled) DESC, priority DESC, score DESC, due, item_id LIMIT ?`,
        keepOf(store),
        most,
      );
      askedAt.clear();
      for (const { item_id: itemId, stamp } of wanted) askedAt.set(itemId, stamp);
      return wanted.map(({ item_id: itemId }) => itemId);
    },
    putFacts: (facts) =>
      store.write(() => {
        const fetched = Number(store.state('fetched') ?? '0') + 1;
        store.setState('fetched', String(fetched));
        for (const kept of facts) {
          if (store.get('SELECT 1 FROM items WHERE item_id = ?', kept.itemId) === undefined) continue;
          putFacts(store, kept, askedAt.get(kept.itemId) ?? kept.stamp, fetched);
        }
      }),
    evict: () => store.write(() => evict(store)),
    factsOf(itemId) {
      const found = store.get<{ deflated: Uint8Array; fresh: number }>(
        `SELECT e.deflated, ${IS_FRESH} AS fresh FROM items AS i JOIN facts AS f USING (item_id) JOIN evidence AS e USING (item_id)
         WHERE i.item_id = ?`,
        itemId,
      );
      if (found === undefined) return null;
      return { json: inflateRawSync(found.deflated).toString('utf8'), isStale: found.fresh === 0 };
    },
    itemOfDecision: (decisionId) =>
      store.get<{ item_id: string }>('SELECT item_id FROM named_decisions WHERE decision_id = ?', decisionId)
        ?.item_id ?? null,
    kept() {
      const counted = store.get<{ wanted: number; present: number }>(
        `SELECT count(*) AS wanted, count(f.item_id) AS present
         FROM (${OPEN_IN_ORDER}) AS i LEFT JOIN facts AS f ON f.item_id = i.item_id AND ${IS_FRESH}`,
        keepOf(store),
      );
      return counted ?? { wanted: 0, present: 0 };
    },
  };
}

const NAMED_DECISION = /"decision_?id":"([0-9a-f-]{36})"/gi;

function putFacts(store: Store, { itemId, stamp, json }: KeptFacts, goodFor: string, fetched: number): void {
  const deflated = deflateRawSync(json, { level: 1 });
  store.run(
    `INSERT INTO facts (item_id, stamp, good_for, size, fetched) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (item_id) DO UPDATE SET stamp = excluded.stamp, good_for = excluded.good_for, size = excluded.size, fetched = excluded.fetched`,
    itemId,
    stamp,
    goodFor,
    deflated.length,
    fetched,
  );
  store.run(
    'INSERT INTO evidence (item_id, deflated) VALUES (?, ?) ON CONFLICT (item_id) DO UPDATE SET deflated = excluded.deflated',
    itemId,
    deflated,
  );
  // All that the cache reads of the evidence: where a decision that was not made here belongs.
  store.run('DELETE FROM named_decisions WHERE item_id = ?', itemId);
  for (const [, decisionId] of json.matchAll(NAMED_DECISION)) {
    if (decisionId === undefined) continue;
    store.run('INSERT OR REPLACE INTO named_decisions (decision_id, item_id) VALUES (?, ?)', decisionId, itemId);
  }
}

function evict(store: Store): void {
  const busy = `SELECT item_id FROM outbox WHERE ${NOT_OVER}`;
  store.run(`DELETE FROM items WHERE is_gone AND item_id NOT IN (${busy})`);
  store.run(
    `DELETE FROM items WHERE item_id IN (
       SELECT item_id FROM items WHERE shown IN ('approved', 'rejected') ORDER BY brought_by DESC, item_id LIMIT -1 OFFSET ?
     ) AND item_id NOT IN (${busy})`,
    CLOSED_KEPT,
  );
  store.run(
    `DELETE FROM facts WHERE item_id NOT IN (${busy})
       AND item_id NOT IN (SELECT item_id FROM (${OPEN_IN_ORDER}))
       AND item_id NOT IN (SELECT item_id FROM facts WHERE item_id NOT IN (SELECT item_id FROM (${OPEN_IN_ORDER}))
                           ORDER BY fetched DESC, item_id LIMIT ?)`,
    keepOf(store),
    keepOf(store),
    LATELY_FETCHED,
  );
}
