import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import type { Answer, Head, KeptFacts, LiveClaim, NewDecision, PullEnd } from '../../core/sync/ports.ts';

export const CACHE_KEY = '5a'.repeat(32);
export const CACHE_NOW = new Date('2026-11-20T12:00:00Z');

/** Runs `work` on a folder for a cache, which it may open and close; removes it afterwards. */
export async function withCacheFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'umpire-cache-'));
  try {
    await work(join(home, 'cache'));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Runs `work` on an open cache; `reopened` closes it and opens it again, as the next start of the program does. */
export async function withCache(work: (cache: Cache, reopened: () => Cache) => Promise<void> | void): Promise<void> {
  await withCacheFolder(async (folder) => {
    let cache = openCache({ folder, key: CACHE_KEY });
    try {
      await work(cache, () => {
        cache.close();
        return (cache = openCache({ folder, key: CACHE_KEY }));
      });
    } finally {
      cache.close();
    }
  });
}

/** A uuid that a number stands for. */
export const idOf = (number: number, kind = 0): string =>
  `${number.toString(16).padStart(8, '0')}-0000-4000-8000-${kind.toString(16).padStart(12, '0')}`;

const HOUR = 3_600_000;

/** The head of item `number`, open, with what is given. */
export function headOf(number: number, given: Partial<Head> = {}): Head {
  const at = CACHE_NOW.getTime() - number * HOUR;
  return {
    itemId: idOf(number),
    relationshipId: idOf(number, 1),
    version: 1,
    stamp: 's1',
    status: 'pending',
    priority: 'high',
    score: 60,
    ruleSetVersion: 1,
    signals: [{ name: 'same_ip', points: 30 }],
    referrerId: `referrer-${number}`,
    refereeId: `referee-${number}`,
    referrerName: 'Till S.',
    refereeName: 'Ada L.',
    referrerReferrals: 3,
    code: `CODE${number}`,
    sourceAppId: null,
    flagged: false,
    stake: 100,
    releases: 90,
    rejects: 60,
    takesBack: 40,
    secondReview: 'none',
    dueAt: new Date(at + 7 * 24 * HOUR).toISOString(),
    createdAt: new Date(at).toISOString(),
    ...given,
  };
}

/** The end of a pull that tells of nothing but items. */
export const NO_NEWS: Pick<PullEnd, 'isSameHistory' | 'claims' | 'at' | 'erased'> = {
  isSameHistory: false,
  claims: [],
  at: CACHE_NOW.toISOString(),
  erased: [],
};

/** Evidence of an item, as it is fetched just after such a pull. */
export const keptFacts = (itemId: string, stamp: string, json: string, given: Partial<KeptFacts> = {}): KeptFacts => ({
  itemId,
  stamp,
  json,
  at: new Date(CACHE_NOW.getTime() + 1).toISOString(),
  people: [],
  ...given,
});

type Pulled = {
  readonly epoch?: string;
  readonly cursor?: string;
  readonly full?: boolean;
  readonly isSameHistory?: boolean;
  readonly gone?: readonly string[];
  readonly claims?: readonly LiveClaim[];
  readonly at?: string;
  readonly erased?: readonly string[];
};

/** A whole pull: streamed and full, or a delta in one page. */
export function pull(cache: Cache, heads: readonly Head[], given: Pulled = {}): void {
  const { epoch = 'epoch 1', cursor = 'cursor 1', full = true, gone = [], claims = [] } = given;
  const { at, erased, isSameHistory } = { ...NO_NEWS, ...given };
  const page = { heads, gone, done: heads.length, total: heads.length };
  const number = cache.beginPull();
  if (full) cache.putPage(number, page);
  cache.endPull(number, { epoch, cursor, full, isSameHistory, claims, at, erased }, full ? null : page);
}

/** A decision on item `number`; its id is that number's too. */
export const decisionOn = (number: number, given: Partial<NewDecision> = {}): NewDecision => ({
  id: idOf(number, 0xd),
  itemId: idOf(number),
  expectedVersion: 1,
  decision: 'reject',
  reason: 'account_farm',
  note: null,
  sessionId: null,
  decidedAt: CACHE_NOW.toISOString(),
  ...given,
});

export const answerTo = (id: string, given: Partial<Answer> = {}): Answer => ({
  id,
  outcome: 'applied',
  message: null,
  status: 'rejected',
  version: 2,
  paid: 0,
  rejected: 60,
  reversed: 40,
  ...given,
});

type PageOptions = Partial<ReturnType<typeof queueFilter.parse>> & {
  readonly offset?: number;
  readonly limit?: number;
};

export const filterOf = (
  given: Partial<ReturnType<typeof queueFilter.parse>> = {},
): ReturnType<typeof queueFilter.parse> => queueFilter.parse(given);

/** Ids of a page and its total. */
export function shown(
  cache: Cache,
  { offset = 0, limit = 100, ...filter }: PageOptions = {},
): { total: number; ids: string[] } {
  const page = cache.queuePage({ filter: filterOf(filter), offset, limit }, CACHE_NOW);
  return { total: page.total, ids: page.rows.map(({ itemId }) => itemId) };
}

/** What taking back a session needs: undos with ids of their own, from this number on. */
export function undoingFrom(number: number): Parameters<Cache['withdrawSession']>[1] {
  return { newId: () => idOf(number++, 0xe), note: null, decidedAt: CACHE_NOW.toISOString() };
}
