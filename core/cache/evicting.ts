import { IS_FRESH, LATELY_FETCHED } from './facts-sql.ts';
import { NOT_OVER } from './outbox-sql.ts';
import { OPEN_IN_ORDER } from './queue-order.ts';
import { keepOf } from './settings.ts';
import type { Store } from './store.ts';

/** Closed items whose rows stay, the last changed first. */
const CLOSED_KEPT = 50_000;

/** Lets go of items and evidence beyond what is to be kept. */
export function evict(store: Store): void {
  const busy = `SELECT item_id FROM outbox WHERE ${NOT_OVER}`;
  store.run(`DELETE FROM items WHERE is_gone AND item_id NOT IN (${busy})`);
  store.run(
    `DELETE FROM items WHERE item_id IN (
       SELECT item_id FROM items WHERE shown IN ('approved', 'rejected') ORDER BY brought_by DESC, item_id LIMIT -1 OFFSET ?
     ) AND item_id NOT IN (${busy})`,
    CLOSED_KEPT,
  );
  // What is old and not fetched again goes too: it may tell of somebody who was erased since.
  store.run(
    `DELETE FROM facts WHERE item_id NOT IN (${busy})
       AND item_id NOT IN (SELECT item_id FROM (${OPEN_IN_ORDER}))
       AND item_id IN (SELECT f.item_id FROM facts AS f JOIN items AS i USING (item_id) WHERE NOT ${IS_FRESH})`,
    keepOf(store),
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
