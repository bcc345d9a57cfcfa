import { statSync } from 'node:fs';
import { type CacheSettings, DEFAULT_KEEP } from '../contract/sync.ts';
import type { Reference } from '../sync/ports.ts';
import type { Layout } from './folder.ts';
import { IS_TROUBLED, IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';

export type Sizes = Omit<CacheSettings, 'key' | 'others'>;

export type SettingsSide = {
  reference(): string | null;
  putReference(reference: Reference): void;
  /** Keeps a text under a name, over what was there. */
  remember(name: string, json: string): void;
  recall(name: string): string | null;
  settings(): Sizes;
  /** How many open cases are to be kept whole; what is beyond goes with the next `evict`. */
  keep(cases: number): void;
};

const REFERENCE = 'reference';
/** A case with its evidence on disk, where none has been fetched yet that could be measured. */
const BYTES_A_CASE = 4_000;
/** Of a page, what evidence fills: seldom two of them fit. */
const FILLED = 0.6;

export function settingsSide(store: Store, layout: Layout): SettingsSide {
  const recall = (name: string): string | null =>
    store.get<{ json: string }>('SELECT json FROM remembered WHERE name = ?', name)?.json ?? null;
  const remember = (name: string, json: string): void =>
    store.write(() => void store.run('INSERT OR REPLACE INTO remembered (name, json) VALUES (?, ?)', name, json));

  return {
    // A name of its own, so that nothing remembered can be taken for it.
    reference: () => recall(REFERENCE),
    putReference: ({ json }) => remember(REFERENCE, json),
    remember: (name, json) => remember(`:${name}`, json),
    recall: (name) => recall(`:${name}`),
    settings: () => sizes(store, layout),
    keep(cases) {
      if (!Number.isInteger(cases) || cases < 0) throw new RangeError(`${cases} is no number of cases to keep`);
      store.write(() => store.setState('keep', String(cases)));
      store.touchItems();
    },
  };
}

export const keepOf = (store: Store): number => Number(store.state('keep') ?? String(DEFAULT_KEEP));

function sizes(store: Store, { file, wal }: Layout): Sizes {
  const counted = store.get<{
    items: number;
    open: number;
    cases: number;
    packed: number;
    undelivered: number;
    unsettled: number;
  }>(
    `SELECT (SELECT count(*) FROM items) AS items, (SELECT count(*) FROM items WHERE shown IN ('pending', 'escalated')) AS open,
       count(*) AS cases, coalesce(sum(size), 0) AS packed,
       (SELECT count(*) FROM outbox WHERE ${IS_UNDELIVERED}) AS undelivered, (SELECT count(*) FROM outbox WHERE ${IS_TROUBLED}) AS unsettled
     FROM facts`,
  );
  if (counted === undefined) throw new Error('nothing was counted');
  const { items, open, cases, packed, undelivered, unsettled } = counted;
  const keep = keepOf(store);
  const bytes = bytesOf(file) + bytesOf(wal);
  const each = cases === 0 ? BYTES_A_CASE : packed / cases / FILLED;
  const expectedBytes = Math.round(Math.max(0, bytes - cases * each) + Math.min(keep, open) * each);
  return { keep, bytes, expectedBytes, items, cases, undelivered, unsettled };
}

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
