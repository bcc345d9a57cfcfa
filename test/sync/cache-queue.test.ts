import { describe, expect, it } from 'vitest';
import type { QueueFilter } from '../../core/contract/queue.ts';
import { QUEUE_ORDERS } from '../../core/contract/queue.ts';
import { STATUS_AFTER } from '../../core/domain/decision.ts';
import { REVIEW_STATUSES, SEVERITIES } from '../../core/domain/vocabulary.ts';
import type { Head, LiveClaim } from '../../core/sync/ports.ts';
import { CACHE_NOW, decisionOn, filterOf, headOf, idOf, pull, shown, withCache } from '../support/cache.ts';
import { Random } from '../support/random.ts';

const SIGNALS = ['same_ip', 'same_device', 'pattern:7', 'pattern:77'];
const NAMES = ['Till S.', 'Ada L.', 'Élodie Ü.', 'Bo_b %', 'tilla r.'];

const at = (random: Random): string => new Date(CACHE_NOW.getTime() + random.int(-20, 20) * 3_600_000).toISOString();

/** Few values in each column, so that many items are equal in all but their id. */
function anyHead(random: Random, number: number): Head {
  return headOf(number, {
    itemId: idOf(Math.imul(number, 0x9e3779b1) >>> 0),
    relationshipId: idOf(Math.imul(number, 0x85ebca6b) >>> 0, 1),
    status: random.chance(0.7) ? 'pending' : random.pick(REVIEW_STATUSES),
    priority: random.pick(SEVERITIES),
    score: random.int(60, 64),
    stake: random.int(0, 3) * 50,
    signals: random
      .shuffled(SIGNALS)
      .slice(0, random.int(0, 3))
      .map((name, nth) => ({ name, points: 30 - nth })),
    referrerId: `person-${random.int(0, 30)}-of-many`,
    refereeId: `user${number}`,
    referrerName: random.pick(NAMES),
    refereeName: random.pick(NAMES),
    dueAt: at(random),
    createdAt: at(random),
  });
}

type Compare = (a: Head, b: Head) => number;
const by =
  (...keys: readonly ((head: Head) => number)[]): Compare =>
  (a, b) => {
    for (const key of keys) if (key(a) !== key(b)) return key(a) - key(b);
    return a.itemId < b.itemId ? -1 : 1;
  };
const priority = (head: Head): number => -SEVERITIES.indexOf(head.priority);
const score = (head: Head): number => -head.score;
const due = (head: Head): number => Date.parse(head.dueAt);
const ORDER: { readonly [Order in QueueFilter['order']]: Compare } = {
  priority: by(priority, score, due),
  score: by(score, due),
  due: by(due, score),
  stake: by((head) => -head.stake, priority, score),
  newest: by((head) => -Date.parse(head.createdAt)),
};

/** What the queue is, said without a database. */
function expected(heads: readonly Head[], claims: readonly LiveClaim[], filter: QueueFilter): string[] {
  const search = filter.search.trim();
  const text = search.toLowerCase();
  const isHead = (id: string): boolean => search.length >= 6 && id.startsWith(search);
  const taken = new Set(
    claims
      .filter(({ isMine, until }) => !isMine && Date.parse(until) > CACHE_NOW.getTime())
      .map(({ itemId }) => itemId),
  );
  return heads
    .filter(
      (head) =>
        (filter.statuses.length === 0 || filter.statuses.includes(head.status)) &&
        (filter.priorities.length === 0 || filter.priorities.includes(head.priority)) &&
        filter.signals.every((name) => head.signals.some((signal) => signal.name === name)) &&
        head.score >= (filter.scoreFrom ?? 0) &&
        !(filter.unclaimed && taken.has(head.itemId)) &&
        (text === '' ||
          [head.referrerName, head.refereeName, head.code].some((word) => word.toLowerCase().includes(text)) ||
          [head.itemId, head.relationshipId, head.referrerId, head.refereeId].some(isHead)),
    )
    .sort(ORDER[filter.order])
    .map(({ itemId }) => itemId);
}

const some = <Value>(random: Random, values: readonly Value[]): Value[] =>
  random.chance(0.5) ? [] : random.shuffled(values).slice(0, random.int(1, values.length + 1));

function anyFilter(random: Random, heads: readonly Head[]): QueueFilter {
  const searches = [
    '',
    '',
    '',
    'till',
    'TILL S',
    ' élodie',
    '_b %',
    'CODE1',
    'person',
    'person-7',
    random.pick(heads).itemId.slice(0, 7),
    random.pick(heads).relationshipId,
  ];
  return filterOf({
    statuses: some(random, REVIEW_STATUSES),
    priorities: some(random, SEVERITIES),
    signals: random.chance(0.7) ? [] : random.shuffled(SIGNALS).slice(0, random.int(1, 3)),
    search: random.pick(searches),
    order: random.pick(QUEUE_ORDERS),
    ...(random.chance(0.3) ? { scoreFrom: random.int(60, 65) } : {}),
    unclaimed: random.chance(0.3),
  });
}

describe('the queue in the cache', () => {
  it('is what its filter and order say, page by page, with undelivered decisions over it', () =>
    withCache((cache) => {
      const random = new Random(11);
      const heads = Array.from({ length: 600 }, (_, number) => anyHead(random, number));
      const claims = heads.slice(0, 90).map(({ itemId }, nth) => ({
        itemId,
        by: 'mo',
        until: new Date(CACHE_NOW.getTime() + (nth % 3 === 0 ? -1 : 1) * 60_000).toISOString(),
        isMine: nth % 4 === 0,
      }));
      pull(cache, heads, { claims });
      const decided = heads.map((head, number) => {
        if (number % 9 !== 0 || (head.status !== 'pending' && head.status !== 'escalated')) return head;
        const decision = random.pick(['approve', 'reject', 'escalate'] as const);
        cache.decide(decisionOn(number, { itemId: head.itemId, decision }));
        return { ...head, status: STATUS_AFTER[decision] };
      });
      for (let round = 0; round < 200; round += 1) {
        const filter = anyFilter(random, heads);
        const ids = expected(decided, claims, filter);
        const offset = random.int(0, Math.max(1, ids.length));
        expect({ filter, ...shown(cache, { ...filter, offset, limit: 40 }) }).toEqual({
          filter,
          total: ids.length,
          ids: ids.slice(offset, offset + 40),
        });
        expect(cache.queueIds(filter, 7, CACHE_NOW)).toEqual(ids.slice(0, 7));
      }
      const summary = cache.queueSummary(CACHE_NOW);
      for (const status of REVIEW_STATUSES) {
        expect(summary.byStatus[status]).toBe(decided.filter((head) => head.status === status).length);
      }
      const pending = decided.filter(({ status }) => status === 'pending');
      expect(summary.overdue).toBe(pending.filter((head) => due(head) < CACHE_NOW.getTime()).length);
      for (const severity of SEVERITIES) {
        expect(summary.byPriority[severity]).toBe(pending.filter((head) => head.priority === severity).length);
      }
    }));

  it('finds people that the server found by their e-mail besides', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      const search = { filter: filterOf({ search: 'ada@' }), offset: 0, limit: 5 };
      expect(cache.queuePage(search, CACHE_NOW).total).toBe(0);
      const found = { userIds: ['referee-3', 'referrer-1'] };
      expect(cache.queuePage(search, CACHE_NOW, found)).toMatchObject({
        total: 2,
        rows: [{ itemId: idOf(3) }, { itemId: idOf(1) }],
      });
      expect(cache.queueIds(search.filter, 1, CACHE_NOW, found)).toEqual([idOf(3)]);
    }));

  it('shows who works on a case and where its decision is, and goes on to one that is free', () =>
    withCache((cache) => {
      const until = new Date(CACHE_NOW.getTime() + 60_000).toISOString();
      pull(cache, [headOf(1), headOf(2), headOf(3), headOf(4), headOf(5, { secondReview: 'mine' })], {
        claims: [
          { itemId: idOf(4), by: 'mo', until, isMine: false },
          { itemId: idOf(3), by: 'me', until, isMine: true },
        ],
      });
      cache.decide(decisionOn(2, { decision: 'escalate', reason: 'needs_lead' }));
      const { rows } = cache.queuePage({ filter: filterOf({ statuses: [] }), offset: 0, limit: 9 }, CACHE_NOW);
      expect(rows.map(({ itemId, status, claimedBy, outbox }) => [itemId, status, claimedBy, outbox])).toEqual([
        [idOf(5), 'pending', null, null],
        [idOf(4), 'pending', 'mo', null],
        [idOf(3), 'pending', 'me', null],
        [idOf(2), 'escalated', null, 'waiting'],
        [idOf(1), 'pending', null, null],
      ]);
      const next = (except: string | readonly string[] | null): string | null =>
        cache.queueNext(filterOf({ statuses: [] }), except, CACHE_NOW);
      expect(next(null)).toBe(idOf(3));
      expect(next(idOf(3))).toBe(idOf(1));
      expect(next([idOf(3), idOf(1)])).toBeNull();
      expect(cache.queueNext(filterOf({ statuses: ['approved'] }), null, CACHE_NOW)).toBeNull();
    }));
});
