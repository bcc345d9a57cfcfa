import { storedOperation, type StoredOperation } from './outbox-row.ts';
import type { Store } from './store.ts';

/** Another objection about its item, made after it, that is on its way or with a lead. */
const IS_ASKED = `EXISTS (SELECT 1 FROM outbox AS p
  WHERE p.kind = 'object' AND p.item_id = o.item_id AND p.seq > o.seq AND p.state NOT IN ('rejected', 'returned', 'withdrawn'))`;

/** Where something stands on its item, by what is known here, and no lead has it or is asked about it. */
const MAY_BE_HANDED = `NOT ${IS_ASKED} AND EXISTS (SELECT 1 FROM items AS i
  WHERE i.item_id = o.item_id AND (i.shown IN ('approved', 'rejected') OR i.shown = 'escalated' AND o.kind = 'decide'))`;

/** Of one session, of one kind, come back alike, and settled by nobody yet. */
const IS_ALIKE = `o.kind = ? AND o.state = ? AND o.resolution IS NULL AND o.state IN ('conflict', 'returned', 'rejected')
  AND (o.id = ? OR o.session_id = ? OR o.undoes IN (SELECT s.id FROM outbox AS s WHERE s.session_id = ?))`;

export function isAsked(store: Store, { id }: Pick<StoredOperation, 'id'>): boolean {
  return store.get(`SELECT 1 FROM outbox AS o WHERE o.id = ? AND ${IS_ASKED}`, id) !== undefined;
}

function alikeTo(store: Store, { id, kind, state, session_id, undoes }: StoredOperation): (string | null)[] {
  // An undo is part of the session of what it undoes.
  const sessionId = session_id ?? (undoes === null ? null : (storedOperation(store, undoes)?.session_id ?? null));
  return [kind, state, id, sessionId, sessionId];
}

/** What came back of its session as this one did, and waits for a person: itself at least, where it does. */
export function alikeRows(store: Store, row: StoredOperation): StoredOperation[] {
  return store.all<StoredOperation>(
    `SELECT o.* FROM outbox AS o WHERE ${IS_ALIKE} ORDER BY o.seq`,
    ...alikeTo(store, row),
  );
}

/** Those of them that can be handed to a lead, the last of each item. */
export function rowsToHand(store: Store, row: StoredOperation): StoredOperation[] {
  return store.all<StoredOperation>(
    `SELECT * FROM outbox WHERE seq IN (SELECT max(o.seq) FROM outbox AS o WHERE ${IS_ALIKE} AND ${MAY_BE_HANDED} GROUP BY o.item_id)
     ORDER BY seq`,
    ...alikeTo(store, row),
  );
}

/** How many there are of each. */
export function countsAlike(store: Store, row: StoredOperation): { troubled: number; toHand: number } {
  const counts = store.get<{ troubled: number; toHand: number }>(
    `SELECT count(*) AS troubled, count(DISTINCT o.item_id) FILTER (WHERE ${MAY_BE_HANDED}) AS toHand
     FROM outbox AS o WHERE ${IS_ALIKE}`,
    ...alikeTo(store, row),
  );
  return counts ?? { troubled: 0, toHand: 0 };
}
