import type { Head } from '../sync/ports.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

/** What was decided and taken back here about an item, as far as no server has answered it. */
export type Undelivered = {
  /** One's last decision or undo, and what the item is shown as by it. */
  readonly overlay: { readonly id: string; readonly kind: 'decide' | 'undo'; readonly status: Head['status'] } | null;
  /** Decisions whose undo is under way. */
  readonly takenBack: readonly string[];
};

export function undeliveredOn(store: Store, itemId: string): Undelivered {
  const overlay = store.get<NonNullable<Undelivered['overlay']>>(
    'SELECT id, kind, status FROM overlay WHERE item_id = ?',
    itemId,
  );
  const undone = store.all<{ undoes: string }>(
    `SELECT undoes FROM outbox WHERE item_id = ? AND kind = 'undo' AND ${IS_UNDELIVERED} ORDER BY seq`,
    itemId,
  );
  return { overlay: overlay ?? null, takenBack: undone.map(({ undoes }) => undoes) };
}
