import { crc32 } from 'node:zlib';
import { ERASED_NAME } from '../domain/erased.ts';
import type { KeptFacts } from '../sync/ports.ts';
import type { Store } from './store.ts';

/** So many rows of evidence are looked at in one go. */
const SLICE = 5000;
const BYTES = 4;

/** Whom evidence names, in few bytes: two people who share theirs cost no more than evidence that is fetched once more. */
export function packedPeople(people: readonly string[]): Buffer {
  const packed = Buffer.alloc(people.length * BYTES);
  people.forEach((id, nth) => packed.writeUInt32LE(crc32(id), nth * BYTES));
  return packed;
}

function namesAnyOf(hashes: ReadonlySet<number>, packed: Uint8Array): boolean {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let from = 0; from < view.byteLength; from += BYTES) if (hashes.has(view.getUint32(from, true))) return true;
  return false;
}

/**
 * Takes who was erased out of what a pull does not bring anew: evidence of other people's cases that names them as neighbours, names in
 * the outbox, and rows of what is gone. `time` is the pull's.
 */
export function erase(store: Store, erased: readonly string[], time: number): void {
  // Of a clock that was set back, everything that is fetched would be of before.
  if (time < erasedAt(store)) store.setState('erased_at', null);
  if (erased.length === 0) return;
  const ids = JSON.stringify(erased);
  store.run('INSERT OR IGNORE INTO erased (user_id) SELECT value FROM json_each(?)', ids);
  for (const side of ['referrer', 'referee']) {
    const isErased = `${side}_id IN (SELECT value FROM json_each(?)) AND ${side}_name <> ?`;
    store.run(`UPDATE outbox SET ${side}_name = ? WHERE ${isErased}`, ERASED_NAME, ids, ERASED_NAME);
    store.run(
      `UPDATE items SET ${side}_name = ?, search = '' WHERE is_gone AND ${isErased}`,
      ERASED_NAME,
      ids,
      ERASED_NAME,
    );
  }
  store.setState('erased_at', String(time));
  const hashes = new Set(erased.map((id) => crc32(id)));
  for (let after = ''; ;) {
    const rows = store.all<{ item_id: string; people: Uint8Array }>(
      'SELECT item_id, people FROM facts WHERE item_id > ? ORDER BY item_id LIMIT ?',
      after,
      SLICE,
    );
    for (const { item_id: itemId, people } of rows) {
      if (namesAnyOf(hashes, people)) store.run('DELETE FROM facts WHERE item_id = ?', itemId);
    }
    after = rows.at(-1)?.item_id ?? '';
    if (rows.length < SLICE) break;
  }
  store.touchItems();
}

export function wasErased(store: Store, userId: string): boolean {
  return store.get('SELECT 1 FROM erased WHERE user_id = ?', userId) !== undefined;
}

/** Asked for before somebody was erased, and come after the pull that told so: it may name them still. */
export function isOfBeforeErasing(store: Store, { at }: KeptFacts): boolean {
  return Date.parse(at) <= erasedAt(store);
}

const erasedAt = (store: Store): number => Number(store.state('erased_at') ?? '-1');
