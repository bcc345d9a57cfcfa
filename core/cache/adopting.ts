import type { Position } from '../sync/ports.ts';
import type { Store } from './store.ts';
import { ERASED_NAME } from '../domain/erased.ts';
import { wasErased } from './erasing.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';

/** A row of the outbox as it lies there, column by column. */
export type StoredRow = { readonly [column: string]: string | number | null };

/** One outbox into another of the same login on the same server, by copying first and letting go afterwards. */
export type AdoptSide = {
  /** All of the outbox, oldest first. */
  operations(): StoredRow[];
  /**
   * Takes another outbox in, behind what is here, and returns the ids of it that are here by then, those that were before included. What
   * is about an item on which something else of here waits to be sent is left there: two decisions on one case are one too many.
   */
  adopt(operations: readonly StoredRow[]): string[];
  /** Those of them that `adopt` would bring in: neither here already nor to be left there. */
  takeable(operations: readonly StoredRow[]): string[];
  /**
   * Before operations of another history come in: the next pull brings everything. Where all that waits is of the history of `witness`,
   * it tells whether that goes on; otherwise what waits is expected on the versions of its own. A pull under way counts for nothing.
   */
  leaveEpoch(witness: Position | null): void;
  /** Lets go of operations that are elsewhere by now. Returns how many are left. */
  letGo(ids: readonly string[]): number;
};

export function adoptSide(store: Store): AdoptSide {
  return {
    operations: () => store.all<StoredRow>('SELECT * FROM outbox ORDER BY seq'),
    takeable: (operations) => comingIn(store, operations).map(({ id }) => String(id)),
    adopt: (operations) =>
      store.write(() => {
        for (const operation of comingIn(store, operations)) take(store, operation);
        store.touchItems();
        return operations.map(({ id }) => String(id)).filter((id) => isHere(store, id));
      }),
    leaveEpoch: (witness) =>
      store.write(() => {
        store.setState('pull', String(Number(store.state('pull') ?? '0') + 1));
        store.setState('epoch', '');
        store.setState('cursor', '');
        if (witness !== null) store.setState('witness', witness.cursor);
        store.setState('witness_epoch', witness?.epoch ?? null);
      }),
    letGo: (ids) =>
      store.write(() => {
        for (const id of ids) store.run('DELETE FROM outbox WHERE id = ?', id);
        return store.get<{ rows: number }>('SELECT count(*) AS rows FROM outbox')?.rows ?? 0;
      }),
  };
}

const isHere = (store: Store, id: string): boolean => store.get('SELECT 1 FROM outbox WHERE id = ?', id) !== undefined;

function comingIn(store: Store, operations: readonly StoredRow[]): StoredRow[] {
  const theirs = new Set(operations.map(({ id }) => id));
  const taken = new Set(
    store
      .all<{ id: string; item_id: string }>(`SELECT id, item_id FROM outbox WHERE ${IS_UNDELIVERED}`)
      .flatMap(({ id, item_id: itemId }) => (theirs.has(id) ? [] : [itemId])),
  );
  return operations.filter(({ id, item_id: itemId }) => !isHere(store, String(id)) && !taken.has(String(itemId)));
}

/** What counts the pulls of the other cache says nothing here: the next pull asks whether the server still has what it answered. */
function take(store: Store, operation: StoredRow): void {
  // As the people are called here by now: one who was erased is in no outbox, whether the item is kept here or not.
  const names = store.get<StoredRow>(
    'SELECT referrer_name, referee_name FROM items WHERE item_id = ?',
    String(operation['item_id']),
  );
  const row: StoredRow = {
    ...operation,
    ...names,
    ...erasedName(store, operation, 'referrer'),
    ...erasedName(store, operation, 'referee'),
    seq: null,
    // As after a crash: sent, and not known whether it had effect.
    ...(operation['state'] === 'sending' ? { state: 'queued', in_doubt: 1 } : {}),
    answered_status: null,
    answered_version: null,
    answered_in: operation['answered_in'] === null ? null : Number(store.state('pull') ?? '0'),
    asked_version: null,
    asking_version: null,
    asked_stamp: null,
    asking_stamp: null,
  };
  const columns = Object.keys(row);
  store.run(
    `INSERT INTO outbox (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    ...Object.values(row),
  );
}

function erasedName(store: Store, operation: StoredRow, side: 'referrer' | 'referee'): StoredRow {
  const id = operation[`${side}_id`];
  return typeof id === 'string' && wasErased(store, id) ? { [`${side}_name`]: ERASED_NAME } : {};
}
