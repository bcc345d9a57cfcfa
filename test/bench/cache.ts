import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { type QueueFilter, queueFilter } from '../../core/contract/queue.ts';
import type { Head } from '../../core/sync/ports.ts';
import { CACHE_KEY, CACHE_NOW, decisionOn, headOf, idOf, NO_NEWS } from '../support/cache.ts';
import { Random } from '../support/random.ts';
import { below, type Figure, figure } from './figure.ts';
import type { ProgrammeOptions } from './programme.ts';
import { BENCH_SEED } from './setting.ts';

/** Two items a referral: 100,000 of 50,000. */
const ITEMS = 2;
const PAGE = 2000;
const EACH = 40;
/** Heads of a delta. */
const CHANGES = 100;
/** A session of the tenth part of all. */
const MANY = 10;
const SIGNALS = ['same_ip', 'same_device', 'similar_email', 'rapid_registration', 'vpn_proxy', 'new_account_referrer'];

/** The cache with many items: what a key press, a filter, a search and a page of the queue cost, each against the least that SQLite can do for it. */
export async function measureCache(_url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const items = referrals * ITEMS;
  const folder = await mkdtemp(join(tmpdir(), 'umpire-bench-cache-'));
  const random = new Random(BENCH_SEED);
  const heads = Array.from({ length: items }, (_, number) => anyHead(random, number));
  try {
    say(`caching ${items} items`);
    let cache = openCache({ folder: join(folder, 'cache'), key: CACHE_KEY });
    const pulled = timed(() => pullAll(cache, heads));
    cache.close();
    const floor = bareTable(join(folder, 'floor.db'), heads);
    const found = {
      delta: [],
      many: [],
      open: [],
      page: [],
      filter: [],
      search: [],
      bare: [],
      next: [],
      bareNext: [],
    } as {
      [Name in Measured]: number[];
    };
    let decided = 0;
    for (let round = 0; round < rounds; round += 1) {
      say(`reading and deciding, round ${round + 1}`);
      found.open.push(
        timed(() => {
          cache = openCache({ folder: join(folder, 'cache'), key: CACHE_KEY });
          page(cache, {}, 0);
        }),
      );
      // What was read from disk once lies decrypted in memory, as it does after the first look in the window.
      page(cache, { search: 'nobody' }, 0);
      floor.scan('nobody');
      found.page.push(p95(() => page(cache, {}, random.int(0, 1000))));
      found.filter.push(p95(() => page(cache, anyFilter(random), 0)));
      found.search.push(p95(() => page(cache, { search: anySearch(random), order: anyOrder(random) }, 0)));
      found.bare.push(p95(() => floor.scan(anySearch(random))));
      found.next.push(
        p95(() => {
          const next = cache.queueNext(queueFilter.parse({}), null, CACHE_NOW);
          if (next === null) throw new Error('nothing is open');
          cache.decide(decisionOn(decided, { itemId: next }));
          decided += 1;
          const after = cache.queueNext(queueFilter.parse({}), null, CACHE_NOW);
          if (after === null || cache.caseOf(after) === null) throw new Error('there is no next case');
        }),
      );
      found.bareNext.push(p95(() => floor.insert()));
      found.delta.push(p95(() => putDelta(cache, random, heads)));
      const ids = cache.queueIds(queueFilter.parse({ order: 'newest' }), items / MANY, CACHE_NOW);
      const calls = ids.map((itemId) => decisionOn(decided++, { itemId, sessionId: idOf(round, 5) }));
      found.many.push(
        timed(() => {
          if (cache.decideMany(calls, { lead: false }).skipped.length > 0) throw new Error('not all were taken');
        }),
      );
      const by = { newId: randomUUID, note: null, decidedAt: CACHE_NOW.toISOString(), appliedFrom: 0 };
      if (cache.withdrawSession(idOf(round, 5), by).withdrawn !== calls.length)
        throw new Error('not all were withdrawn');
      cache.close();
    }
    floor.close();
    const against = (whole: readonly number[], bare: readonly number[]): number[] =>
      whole.map((ms, round) => ms / (bare[round] ?? Number.NaN));
    return [
      figure(`cache, ${items} heads put into it`, 's', [pulled / 1000]),
      figure('cache, opened and its first page', 'ms', found.open),
      figure(`cache, page of the default order among ${items}, p95`, 'ms', found.page, below(10)),
      figure(`cache, filter over ${items}, p95`, 'ms', found.filter, below(100)),
      figure(`cache, search over ${items}, p95`, 'ms', found.search, below(100)),
      figure('cache, search against a bare scan of a table in the clear', '×', against(found.search, found.bare)),
      figure('cache, decide and next case, p95', 'ms', found.next, below(10)),
      figure(`cache, ${CHANGES} changed heads among ${items}, p95`, 'ms', found.delta, below(100)),
      figure(`cache, ${items / MANY} decisions of one session put into the outbox`, 'ms', found.many),
      figure('cache, decide and next case against one bare durable insert', '×', against(found.next, found.bareNext)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Measured = 'delta' | 'many' | 'open' | 'page' | 'filter' | 'search' | 'bare' | 'next' | 'bareNext';

function anyHead(random: Random, number: number): Head {
  return headOf(number, {
    // Ids in no order, as the server's are.
    itemId: idOf(Math.imul(number, 0x9e3779b1) >>> 0),
    relationshipId: idOf(Math.imul(number, 0x85ebca6b) >>> 0, 1),
    status: random.chance(0.9) ? 'pending' : random.pick(['approved', 'rejected', 'escalated']),
    priority: random.chance(0.2) ? 'critical' : 'high',
    score: random.int(60, 140),
    stake: random.int(0, 40) * 25,
    signals: random
      .shuffled(SIGNALS)
      .slice(0, random.int(1, 4))
      .map((name) => ({ name, points: random.int(5, 40) })),
    referrerName: `${word(random)} ${word(random).charAt(0)}.`,
    refereeName: `${word(random)} ${word(random).charAt(0)}.`,
    code: `${word(random)}${number}`.toUpperCase(),
    dueAt: new Date(CACHE_NOW.getTime() + random.int(-200, 200) * 3_600_000).toISOString(),
  });
}

const word = (random: Random): string =>
  Array.from({ length: 6 }, () => String.fromCodePoint(97 + random.int(0, 26))).join('');
const anySearch = (random: Random): string =>
  random.chance(0.3) ? word(random).slice(0, 2) : word(random).slice(0, random.int(3, 6));
const anyOrder = (random: Random): QueueFilter['order'] => random.pick(['priority', 'score', 'due', 'stake', 'newest']);

const anyFilter = (random: Random): Partial<QueueFilter> => ({
  order: anyOrder(random),
  statuses: random.pick([['pending'], ['pending', 'escalated'], []]),
  priorities: random.pick([[], ['critical'], ['critical', 'high'], ['low']]),
  signals: random.chance(0.6) ? [random.pick(SIGNALS)] : [],
  unclaimed: random.chance(0.3),
  ...(random.chance(0.5) ? { scoreFrom: random.int(60, 150) } : {}),
});

function page(cache: Cache, filter: Partial<QueueFilter>, offset: number): void {
  cache.queuePage({ filter: queueFilter.parse(filter), offset, limit: 100 }, CACHE_NOW);
}

function putDelta(cache: Cache, random: Random, heads: readonly Head[]): void {
  const changed = Array.from({ length: CHANGES }, () => random.pick(heads));
  const page = {
    heads: changed.map((head) => ({ ...head, version: 2, score: head.score + 1 })),
    gone: [],
    done: CHANGES,
    total: CHANGES,
  };
  const pull = cache.beginPull();
  cache.endPull(pull, { epoch: 'bench', cursor: 'bench', full: false, ...NO_NEWS }, page);
}

function pullAll(cache: Cache, heads: readonly Head[]): void {
  const pull = cache.beginPull();
  for (let from = 0; from < heads.length; from += PAGE) {
    const part = heads.slice(from, from + PAGE);
    cache.putPage(pull, { heads: part, gone: [], done: from + part.length, total: heads.length });
  }
  cache.endPull(pull, { epoch: 'bench', cursor: 'bench', full: true, ...NO_NEWS }, null);
}

type Floor = { scan(text: string): void; insert(): void; close(): void };

/** The least: one table of what a search reads, unencrypted, and one row in one durable transaction. */
function bareTable(file: string, heads: readonly Head[]): Floor {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE heads (item_id TEXT, search TEXT); CREATE TABLE made (id INTEGER PRIMARY KEY, note TEXT)');
  const put = db.prepare('INSERT INTO heads VALUES (?, ?)');
  db.transaction(() => {
    for (const { itemId, referrerName, refereeName, code } of heads) {
      put.run(itemId, `${referrerName} ${refereeName} ${code}`.toLowerCase());
    }
  })();
  const scan = db.prepare('SELECT item_id FROM heads WHERE instr(search, ?) > 0 ORDER BY item_id LIMIT 100');
  const insert = db.prepare(`INSERT INTO made (note) VALUES ('made')`);
  return { scan: (text) => void scan.all(text), insert: () => void insert.run(), close: () => void db.close() };
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function p95(work: () => void): number {
  const times = Array.from({ length: EACH }, () => timed(work)).sort((a, b) => a - b);
  return times[Math.floor(EACH * 0.95)] ?? Number.NaN;
}
