import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { KeptFacts, SyncStore } from '../sync/ports.ts';
import { isOfBeforeErasing, packedPeople } from './erasing.ts';
import { evict } from './evicting.ts';
import { IS_FRESH, LATELY_FETCHED } from './facts-sql.ts';
import { IS_TROUBLED, IS_UNDELIVERED } from './outbox-sql.ts';
import { OPEN_IN_ORDER } from './queue-order.ts';
import { keepOf } from './settings.ts';
import { serverTime } from './server-time.ts';
import type { Store } from './store.ts';

export type FactsSide = Pick<SyncStore, 'factsWanted' | 'putFacts' | 'evict'> & {
  /** What it tells depends on the login's role too, which no stamp knows of: all of it is old until it is fetched again. */
  doubtEvidence(): void;
};

/** For the other sides. */
type KnownFacts = {
  /** The evidence of an item, when it was read by the server's clock, and whether the item has changed since; null where it is not kept. */
  readonly factsOf: (
    itemId: string,
  ) => { readonly json: string; readonly readAt: string; readonly isStale: boolean } | null;
  readonly itemOfDecision: ItemOfDecision;
  readonly kept: () => { wanted: number; present: number };
};

/** The item of a decision that kept evidence names, and the item of that evidence: another one of the same referral, or itself. Null where none does. */
export type ItemOfDecision = (decisionId: string) => { readonly itemId: string; readonly namedBy: string } | null;

/** Of 4 KiB: fewer are soon filled again, and so many are given back to the disk at once. */
const FREE_PAGES = 2000;

const inflated = (deflated: Uint8Array): string => inflateRawSync(deflated).toString('utf8');

/** The evidence of an item as it was fetched last, whether the item has changed since or not; null where it is not kept. */
export function keptEvidence(store: Store, itemId: string): string | null {
  const found = store.get<{ deflated: Uint8Array }>(
    'SELECT e.deflated FROM facts AS f JOIN evidence AS e USING (item_id) WHERE f.item_id = ?',
    itemId,
  );
  return found === undefined ? null : inflated(found.deflated);
}

const A_DAY_MS = 24 * 60 * 60 * 1000;

/** What is to be kept whole, as of one moment of the items. */
type Plan = {
  readonly touched: number;
  readonly open: number;
  /** Items whose evidence is missing or old, in the order in which it is fetched, with their stamps. */
  readonly missing: Map<string, { readonly stamp: string; readonly isOpen: boolean }>;
};

/** Evidence: what is to be fetched, what is kept, and what is let go. */
export function factsSide(store: Store): FactsSide & KnownFacts {
  /** Stamps of the items when their evidence was asked for: what comes is at least as young. Lost with the program, and then asked again. */
  const askedAt = new Map<string, string>();
  // Made anew when items change and not for every slice that is fetched: that would be the whole queue each time.
  let plan: Plan | null = null;
  const planned = (): Plan => {
    if (plan === null || plan.touched !== store.itemsTouched()) plan = planOf(store);
    return plan;
  };

  return {
    factsWanted(most) {
      askedAt.clear();
      for (const [itemId, { stamp }] of planned().missing) {
        if (askedAt.size >= most) break;
        askedAt.set(itemId, stamp);
      }
      return [...askedAt.keys()];
    },
    putFacts(facts) {
      store.write(() => {
        const fetched = Number(store.state('fetched') ?? '0') + 1;
        store.setState('fetched', String(fetched));
        for (const kept of facts) {
          if (store.get('SELECT 1 FROM items WHERE item_id = ? AND NOT is_gone', kept.itemId) === undefined) continue;
          if (isOfBeforeErasing(store, kept)) continue;
          putFacts(store, kept, askedAt.get(kept.itemId) ?? kept.stamp, fetched);
        }
      });
      for (const { itemId, stamp } of facts) {
        const wanted = plan?.missing.get(itemId)?.stamp;
        if (wanted === stamp || wanted === askedAt.get(itemId)) plan?.missing.delete(itemId);
      }
    },
    doubtEvidence() {
      askedAt.clear();
      store.write(() => void store.run(`UPDATE facts SET stamp = '', good_for = ''`));
      store.touchItems();
    },
    evict() {
      store.write(() => evict(store));
      store.touchItems();
      // In bits, so that nobody waits for it: what is left goes with the next one.
      if (freePages(store) > FREE_PAGES) store.exec(`PRAGMA incremental_vacuum(${FREE_PAGES})`);
    },
    factsOf(itemId) {
      const found = store.get<{ deflated: Uint8Array; read_at: number; fresh: number }>(
        `SELECT e.deflated, f.read_at, ${IS_FRESH} AS fresh FROM items AS i JOIN facts AS f USING (item_id) JOIN evidence AS e USING (item_id)
         WHERE i.item_id = ?`,
        itemId,
      );
      if (found === undefined) return null;
      return {
        json: inflated(found.deflated),
        readAt: new Date(found.read_at).toISOString(),
        isStale: found.fresh === 0,
      };
    },
    itemOfDecision: (decisionId) =>
      store.get<NonNullable<ReturnType<ItemOfDecision>>>(
        'SELECT item_id AS itemId, named_by AS namedBy FROM named_decisions WHERE decision_id = ? LIMIT 1',
        decisionId,
      ) ?? null,
    kept() {
      const { open, missing } = planned();
      const absent = [...missing.values()].filter(({ isOpen }) => isOpen).length;
      return { wanted: open, present: open - absent };
    },
  };
}

/**
 * What a person has to settle comes first, open or not: what changed in the evidence is what it is about. Then what is kept of closed
 * items that somebody decided here: it is looked at again, and as it was it may tell of somebody who was erased since. Last, what is old:
 * neighbours, crowds and credits change without a word of it.
 */
function planOf(store: Store): Plan {
  const touched = store.itemsTouched();
  const open =
    store.get<{ items: number }>(`SELECT count(*) AS items FROM (${OPEN_IN_ORDER})`, keepOf(store))?.items ?? 0;
  const oldest = serverTime(store) - A_DAY_MS;
  const found = store.all<{ item_id: string; stamp: string; place: number; is_old: number }>(
    `SELECT item_id, i.stamp, place, f.item_id IS NOT NULL AND ${IS_FRESH} AS is_old FROM (
       SELECT item_id, stamp, 0 AS place, priority, score, due FROM items
       WHERE NOT is_gone AND item_id IN (SELECT item_id FROM outbox WHERE ${IS_TROUBLED})
       UNION ALL
       SELECT item_id, stamp, 1, priority, score, due FROM (${OPEN_IN_ORDER})
       UNION ALL
       SELECT * FROM (SELECT item_id, i.stamp, 2, priority, score, due FROM facts AS f JOIN items AS i USING (item_id)
         WHERE NOT is_gone AND status IN ('approved', 'rejected')
           AND (f.read_at < ? OR NOT ${IS_FRESH} AND item_id IN (SELECT item_id FROM outbox WHERE NOT ${IS_UNDELIVERED}))
         ORDER BY f.fetched DESC LIMIT ${LATELY_FETCHED})
     ) AS i LEFT JOIN facts AS f USING (item_id)
     WHERE f.item_id IS NULL OR NOT ${IS_FRESH} OR f.read_at < ? ORDER BY is_old, place, priority DESC, score DESC, due, item_id`,
    keepOf(store),
    oldest,
    oldest,
  );
  const missing = new Map<string, { stamp: string; isOpen: boolean }>();
  for (const { item_id: itemId, stamp, place, is_old: isOld } of found) {
    // Troubled and open it keeps its place among the first. What is old is there.
    missing.set(itemId, { stamp, isOpen: place === 1 && isOld === 0 });
  }
  return { touched, open, missing };
}

/** A decision and the item that it is of: evidence tells of those of earlier items of its referral too. */
const NAMED_DECISION = /"decision_id":"([0-9a-f-]{36})","item_id":"([0-9a-f-]{36})"/g;

function putFacts(
  store: Store,
  { itemId, stamp, json, at, people }: KeptFacts,
  goodFor: string,
  fetched: number,
): void {
  const deflated = deflateRawSync(json, { level: 1 });
  store.run(
    `INSERT INTO facts (item_id, stamp, good_for, size, fetched, read_at, people) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (item_id) DO UPDATE SET stamp = excluded.stamp, good_for = excluded.good_for, size = excluded.size, fetched = excluded.fetched,
       read_at = excluded.read_at, people = excluded.people`,
    itemId,
    stamp,
    goodFor,
    deflated.length,
    fetched,
    Date.parse(at),
    packedPeople(people),
  );
  store.run(
    'INSERT INTO evidence (item_id, deflated) VALUES (?, ?) ON CONFLICT (item_id) DO UPDATE SET deflated = excluded.deflated',
    itemId,
    deflated,
  );
  // Where a decision that was not made here belongs.
  store.run('DELETE FROM named_decisions WHERE named_by = ?', itemId);
  for (const [, decisionId, ofItem] of json.matchAll(NAMED_DECISION)) {
    if (decisionId === undefined || ofItem === undefined) continue;
    store.run(
      'INSERT OR REPLACE INTO named_decisions (decision_id, named_by, item_id) VALUES (?, ?, ?)',
      decisionId,
      itemId,
      ofItem,
    );
  }
}

const freePages = (store: Store): number =>
  store.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0;
