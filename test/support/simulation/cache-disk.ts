import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../../core/cache/cache.ts';
import type { QueueFilter, QueueRow } from '../../../core/contract/queue.ts';
import { REVIEW_STATUSES } from '../../../core/domain/vocabulary.ts';
import { ASKS, type Disk, type Keeper } from './keeper.ts';

/** Files that outlive a program and need not outlive the machine: waiting for a disk would be most of the time. */
const RAM = '/dev/shm';
const KEY = '5a'.repeat(32);
const ALL: QueueFilter = {
  statuses: [...REVIEW_STATUSES],
  priorities: [],
  signals: [],
  search: '',
  order: 'priority',
  unclaimed: false,
};
const NOW = new Date(Date.UTC(2026, 10, 22, 12));

/** The real cache in a folder of its own. A crash leaves the files as they are at that moment, log and all. */
export function cacheDisk(keep: number): Disk {
  const base = mkdtempSync(join(existsSync(RAM) ? RAM : tmpdir(), 'umpire-simulation-'));
  let life = 0;
  let cache: Cache | null = null;
  const folder = (): string => join(base, String(life));
  return {
    open() {
      mkdirSync(folder(), { recursive: true, mode: 0o700 });
      cache = openCache({ folder: folder(), key: KEY });
      cache.keep(keep);
      return keeperOf(cache);
    },
    crash() {
      const dead = folder();
      life += 1;
      mkdirSync(folder(), { recursive: true, mode: 0o700 });
      for (const name of ['cache.db', 'cache.db-wal']) {
        if (existsSync(join(dead, name))) copyFileSync(join(dead, name), join(folder(), name));
      }
      cache?.close();
      cache = null;
      rmSync(dead, { recursive: true });
    },
    remove() {
      cache?.close();
      rmSync(base, { recursive: true });
    },
  };
}

/** Methods after which the window would show the same as before. */
const READS = new Set(['position', 'witness', 'beginPull', 'factsWanted', 'caseOf', 'outbox', 'queuePage', 'awaiting']);

function keeperOf(opened: Cache): Keeper {
  let page: readonly QueueRow[] | null = null;
  const cache = new Proxy(opened, {
    get(target, name) {
      if (typeof name === 'string' && !READS.has(name)) page = null;
      return Reflect.get(target, name) as unknown;
    },
  });
  const shown = (): readonly QueueRow[] =>
    (page ??= opened.queuePage({ filter: ALL, offset: 0, limit: 500 }, NOW).rows);
  return {
    position: () => cache.position(),
    witness: () => cache.witness(),
    beginPull: () => cache.beginPull(),
    putPage: (pull, heads) => cache.putPage(pull, heads),
    endPull: (pull, end, last) => cache.endPull(pull, end, last),
    recover: () => cache.recover(),
    takeToSend: (most) => cache.takeToSend(most),
    putAnswers: (answers) => cache.putAnswers(answers),
    putBack: (ids, message, isWithoutEffect) => cache.putBack(ids, message, isWithoutEffect),
    awaiting: (most) => cache.awaiting(most),
    doubt: () => cache.doubt(),
    toVerify: (most) => cache.toVerify(most),
    putVerified: (asked, known) => cache.putVerified(asked, known),
    factsWanted: (most) => cache.factsWanted(most),
    putFacts: (facts) => cache.putFacts(facts),
    evict: () => cache.evict(),
    putReference: (reference) => cache.putReference(reference),
    decide: (call) => void cache.decide(call),
    undo: (call) => void cache.undo({ ...call, note: null }),
    object: (call) => void cache.object({ ...call, asks: ASKS, note: null }),
    resolve: (id, resolution) => void cache.resolve(id, resolution),
    retry: (id) => void cache.retry(id),
    look(itemId) {
      const row = shown().find((one) => one.itemId === itemId);
      const found = cache.caseOf(itemId);
      if (row === undefined || found === null) return null;
      return { head: found.head, status: row.status, facts: found.facts, isStale: found.isStale };
    },
    itemIds: () => shown().map(({ itemId }) => itemId),
    rows: () => cache.outbox({ states: [], offset: 0, limit: 500 }).rows.toReversed(),
    claims: () => shown().flatMap(({ itemId }) => cache.caseOf(itemId)?.claim ?? []),
  };
}
