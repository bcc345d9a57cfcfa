import { describe, expect, it } from 'vitest';
import type { Cache } from '../../core/cache/cache.ts';
import type { KeptFacts } from '../../core/sync/ports.ts';
import {
  answerTo,
  CACHE_NOW,
  decisionOn,
  filterOf,
  headOf,
  idOf,
  keptFacts,
  NO_NEWS,
  pull,
  shown,
  withCache,
} from '../support/cache.ts';
import { Random } from '../support/random.ts';

const versions = (cache: Cache, ...numbers: readonly number[]): (number | null)[] =>
  numbers.map((number) => cache.caseOf(idOf(number))?.head.version ?? null);

describe('a pull', () => {
  it('brings heads as they are, and its cursor with them', () =>
    withCache((first, reopened) => {
      expect(first.position()).toBeNull();
      const head = headOf(1, {
        sourceAppId: 'chat',
        flagged: true,
        secondReview: 'mine',
        signals: [{ name: 'pattern:"x"', points: 2 }],
      });
      const claim = { itemId: idOf(1), by: 'mo', until: '2026-11-20T12:05:00.000Z', isMine: false };
      pull(first, [head], { claims: [claim] });
      const cache = reopened();
      expect(cache.position()).toEqual({ epoch: 'epoch 1', cursor: 'cursor 1' });
      expect(cache.caseOf(idOf(1))).toEqual({
        head,
        statusVersion: 1,
        isGone: false,
        facts: null,
        readAt: null,
        isStale: false,
        isBehind: false,
        claim,
        outgoing: null,
        overlay: null,
        takenBack: [],
      });
      pull(cache, [headOf(1, { version: 2 })], { full: false, cursor: 'cursor 2' });
      expect(cache.position()).toEqual({ epoch: 'epoch 1', cursor: 'cursor 2' });
      expect(cache.caseOf(idOf(1))?.claim).toBeNull();
    }));

  it('of everything removes what it did not bring; a delta removes what it says is gone', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      pull(cache, [headOf(1), headOf(2)]);
      expect(shown(cache)).toEqual({ total: 2, ids: [idOf(2), idOf(1)] });
      pull(cache, [], { full: false, gone: [idOf(2)] });
      expect(shown(cache)).toEqual({ total: 1, ids: [idOf(1)] });
    }));

  it('never puts an older head over a newer one, however it comes', () =>
    withCache((cache) => {
      pull(cache, [headOf(1, { version: 5 }), headOf(2, { version: 5 })]);
      pull(cache, [headOf(1, { version: 4 })], { full: false });
      expect(versions(cache, 1)).toEqual([5]);
      pull(cache, [headOf(1, { version: 4 }), headOf(2, { version: 6 })], { full: false });
      expect(versions(cache, 1, 2)).toEqual([5, 6]);
    }));

  it('of another epoch brings lower versions too, but not over what was answered since it began', () =>
    withCache((cache) => {
      pull(cache, [
        headOf(1, { version: 5 }),
        headOf(2, { version: 5 }),
        headOf(3, { version: 2, status: 'approved' }),
      ]);
      const made = cache.decide(decisionOn(2));
      const number = cache.beginPull();
      const page = { heads: [1, 2, 3].map((each) => headOf(each, { version: 2 })), gone: [], done: 3, total: 3 };
      cache.takeToSend(1);
      cache.putPage(number, page);
      cache.putAnswers([answerTo(made.id, { version: 3 })]);
      cache.endPull(number, { epoch: 'epoch 2', cursor: 'c', full: true, ...NO_NEWS }, null);
      expect(versions(cache, 1, 2, 3)).toEqual([2, 2, 2]);
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(2)]);
    }));

  it('of another epoch leaves decisions expected on what was looked at, or on nothing where the band is higher', () =>
    withCache((cache) => {
      pull(cache, [headOf(1, { version: 5 }), headOf(2, { version: 5 }), headOf(3, { version: 5 })]);
      for (const each of [1, 2]) cache.decide(decisionOn(each, { expectedVersion: 5 }));
      cache.decide(decisionOn(3, { expectedVersion: 4 }));
      const heads = [headOf(1, { version: 3 }), headOf(2, { version: 3, priority: 'critical' }), headOf(3)];
      pull(cache, heads, { epoch: 'epoch 2' });
      expect(cache.takeToSend(9)).toMatchObject([
        { expectedVersion: 3 },
        { expectedVersion: 0 },
        { expectedVersion: 0 },
      ]);
    }));

  it('of everything, in the same history, leaves decisions and evidence on what was looked at', () =>
    withCache((cache) => {
      pull(
        cache,
        [1, 2, 3].map((each) => headOf(each, { version: 2 })),
      );
      cache.putFacts([1, 2].map((each) => keptFacts(idOf(each), 's1', '{}')));
      cache.decide(decisionOn(1, { expectedVersion: 2 }));
      cache.decide(decisionOn(2, { expectedVersion: 1 }));
      const changed = headOf(1, { version: 3, stamp: 's2', status: 'escalated' });
      pull(cache, [changed, headOf(2, { version: 2 })], { cursor: 'cursor 2', isSameHistory: true });
      expect(versions(cache, 1, 2, 3)).toEqual([3, 2, null]);
      expect(cache.takeToSend(9)).toMatchObject([{ expectedVersion: 2 }, { expectedVersion: 1 }]);
      expect([1, 2].map((each) => cache.caseOf(idOf(each)))).toMatchObject([
        { facts: '{}', isStale: true },
        { facts: '{}', isStale: false },
      ]);
    }));

  it('of a database that was migrated leaves decisions on what was looked at, and evidence to be fetched again', () =>
    withCache((cache) => {
      pull(cache, [headOf(1, { version: 5 }), headOf(2)]);
      cache.putFacts([keptFacts(idOf(2), 's1', '{}')]);
      cache.decide(decisionOn(1, { expectedVersion: 5 }));
      pull(cache, [headOf(1, { version: 6 }), headOf(2)], { epoch: 'epoch 2', isSameHistory: true });
      expect(cache.takeToSend(9)).toMatchObject([{ expectedVersion: 5 }]);
      expect(cache.caseOf(idOf(2))).toMatchObject({ facts: '{}', isStale: true });
      expect(cache.factsWanted(9)).toEqual([idOf(2)]);
    }));

  it('that was overtaken says nothing more', () =>
    withCache((cache) => {
      const first = cache.beginPull();
      const page = { heads: [headOf(1)], gone: [], done: 1, total: 1 };
      const second = cache.beginPull();
      cache.putPage(first, page);
      cache.endPull(first, { epoch: 'e', cursor: 'late', full: true, ...NO_NEWS }, page);
      expect([cache.position(), cache.caseOf(idOf(1))]).toEqual([null, null]);
      cache.putPage(second, page);
      cache.endPull(second, { epoch: 'e', cursor: 'c', full: true, ...NO_NEWS }, null);
      expect(cache.position()).toEqual({ epoch: 'e', cursor: 'c' });
    }));

  it('that was cut is kept and shown, and the next one is whole', () =>
    withCache((first, reopened) => {
      first.putPage(first.beginPull(), { heads: [headOf(1), headOf(2)], gone: [], done: 2, total: 3 });
      const cache = reopened();
      expect(cache.position()).toBeNull();
      expect(shown(cache)).toEqual({ total: 2, ids: [idOf(2), idOf(1)] });
      pull(cache, [headOf(2), headOf(3)]);
      expect(shown(cache).ids).toEqual([idOf(3), idOf(2)]);
      // Over a cache that is whole nothing counts before its end: it may be of another epoch.
      const number = cache.beginPull();
      cache.putPage(number, { heads: [headOf(2, { version: 9 }), headOf(4)], gone: [idOf(3)], done: 2, total: 3 });
      expect(versions(cache, 2, 3, 4)).toEqual([1, 1, null]);
      const again = reopened();
      expect(again.position()).toEqual({ epoch: 'epoch 1', cursor: 'cursor 1' });
      again.endPull(number, { epoch: 'epoch 1', cursor: 'cursor 2', full: false, ...NO_NEWS }, null);
      expect(versions(again, 2, 3, 4)).toEqual([9, null, 1]);
    }));

  it('takes nothing from an item whose decision is not settled, but from the queue', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      const made = cache.decide(decisionOn(1));
      pull(cache, [headOf(2)]);
      expect(cache.caseOf(idOf(1))).toMatchObject({ head: { score: 60 }, outgoing: { id: made.id } });
      expect(shown(cache, { statuses: [] })).toEqual({ total: 1, ids: [idOf(2)] });
      expect(cache.queueSummary(CACHE_NOW).byStatus).toMatchObject({ pending: 1, rejected: 0 });
      cache.evict();
      expect(cache.caseOf(idOf(1))).not.toBeNull();
      cache.takeToSend(1);
      cache.putAnswers([answerTo(made.id, { outcome: 'unknown', status: null, version: null })]);
      cache.evict();
      expect(cache.caseOf(idOf(1))).not.toBeNull();
      cache.resolve(made.id, 'kept');
      cache.evict();
      expect(cache.caseOf(idOf(1))).toBeNull();
      expect(cache.rowOf(made)).toMatchObject({ referrerName: 'Till S.', state: 'rejected', resolution: 'kept' });
    }));

  it('that brings a decided item keeps the decision over it until it is answered', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const made = cache.decide(decisionOn(1));
      pull(cache, [headOf(1, { version: 2, status: 'approved' })], { full: false });
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(1)]);
      cache.takeToSend(1);
      cache.putAnswers([
        answerTo(made.id, { outcome: 'conflict', status: 'approved', version: 2, message: 'Mo approved it.' }),
      ]);
      const page = cache.queuePage({ filter: filterOf({ statuses: ['approved'] }), offset: 0, limit: 5 }, CACHE_NOW);
      expect(page.rows).toMatchObject([{ itemId: idOf(1), outbox: 'troubled' }]);
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 1 });
    }));
});

describe('evidence', () => {
  const facts = (number: number, stamp = 's1', given: Partial<KeptFacts> = {}): KeptFacts =>
    keptFacts(idOf(number), stamp, JSON.stringify({ of: number, stamp }), given);
  /** So many days after the first pull, by the server's clock. */
  const daysLater = (days: number): string => new Date(CACHE_NOW.getTime() + days * 24 * 3_600_000).toISOString();

  it('is wanted in the order of the queue, for so many cases as are to be kept, and again when they change', () =>
    withCache((cache) => {
      pull(cache, [
        headOf(1),
        headOf(2, { priority: 'critical' }),
        headOf(3, { score: 80 }),
        headOf(4, { status: 'approved' }),
      ]);
      expect(cache.factsWanted(10)).toEqual([idOf(2), idOf(3), idOf(1)]);
      cache.keep(2);
      expect(cache.factsWanted(10)).toEqual([idOf(2), idOf(3)]);
      expect(cache.factsWanted(1)).toEqual([idOf(2)]);
      cache.putFacts([facts(2), facts(3), facts(99)]);
      expect(cache.factsWanted(10)).toEqual([]);
      expect(cache.counts().kept).toEqual({ wanted: 2, present: 2 });
      expect(cache.caseOf(idOf(2))).toMatchObject({ facts: facts(2).json, isStale: false });
      pull(cache, [headOf(2, { priority: 'critical', version: 2, stamp: 's2' })], { full: false });
      expect(cache.caseOf(idOf(2))).toMatchObject({ facts: facts(2).json, isStale: true });
      expect(cache.counts().kept).toEqual({ wanted: 2, present: 1 });
      expect(cache.factsWanted(10)).toEqual([idOf(2)]);
      // Younger than the head: nothing that could be fetched would be better, until the head changes again.
      cache.putFacts([facts(2, 's3')]);
      expect(cache.factsWanted(10)).toEqual([]);
      expect(cache.caseOf(idOf(2))).toMatchObject({ isStale: false });
    }));

  it('of somebody who was erased goes with the pull that says so, of a closed item too, and so does the name in the outbox', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      cache.putFacts([facts(1), facts(2)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(decisionOn(1).id)]);
      const closed = { status: 'rejected', version: 2, stamp: 's2' } as const;
      pull(cache, [headOf(1, closed)], { full: false });
      expect(cache.caseOf(idOf(1))).toMatchObject({ facts: facts(1).json, isStale: true });
      const erased = { ...closed, stamp: 's3', refereeName: 'Erased user' };
      pull(cache, [headOf(1, erased)], { full: false });
      expect(cache.caseOf(idOf(1))?.facts).toBeNull();
      expect(cache.caseOf(idOf(2))?.facts).toBe(facts(2).json);
      expect(cache.outbox({ states: [], offset: 0, limit: 5 }).rows).toMatchObject([
        { referrerName: 'Till S.', refereeName: 'Erased user' },
      ]);
    }));

  it('that names an erased neighbour goes with the next pull, whatever item it is of', () =>
    withCache((cache) => {
      const closed = { status: 'approved' as const };
      pull(cache, [headOf(1), headOf(2), headOf(3, closed), headOf(4)]);
      cache.putFacts([
        facts(1, 's1', { people: ['referrer-1', 'max', 'eva'] }),
        facts(2, 's1', { people: ['referrer-2', 'eva'] }),
        facts(3, 's1', { people: ['max'] }),
      ]);
      expect(cache.factsWanted(9)).toEqual([idOf(4)]);
      pull(cache, [], { full: false, at: daysLater(0.1), erased: ['max', 'nobody-here'] });
      const kept = (): boolean[] => [1, 2, 3, 4].map((number) => cache.caseOf(idOf(number))?.facts !== null);
      expect(kept()).toEqual([false, true, false, false]);
      // Read before that pull it may name them still, however late it comes.
      cache.putFacts([facts(4, 's1', { at: daysLater(0.05), people: ['max'] })]);
      expect(kept()).toEqual([false, true, false, false]);
      expect(cache.factsWanted(9)).toEqual([idOf(4), idOf(1)]);
      cache.putFacts([facts(1, 's1', { at: daysLater(0.2) }), facts(4, 's1', { at: daysLater(0.2) })]);
      expect(kept()).toEqual([true, true, false, true]);
      // A server's clock that is set right again keeps nothing away.
      pull(cache, [headOf(2, { version: 2, stamp: 's2' })], { full: false, at: daysLater(0.01) });
      cache.putFacts([facts(2, 's2', { at: daysLater(0.02) })]);
      expect(cache.caseOf(idOf(2))).toMatchObject({ isStale: false });
    }));

  it('that is older than a day is fetched again, what is missing and open first, and is good until then', () =>
    withCache((cache) => {
      const closed = { status: 'approved' as const };
      pull(cache, [headOf(1, closed), headOf(2), headOf(3), headOf(4)]);
      cache.putFacts([facts(1), facts(2), facts(3, 's1', { at: daysLater(0.5) })]);
      expect(cache.factsWanted(9)).toEqual([idOf(4)]);
      pull(cache, [], { full: false, at: daysLater(1.1) });
      expect(cache.factsWanted(9)).toEqual([idOf(4), idOf(2), idOf(1)]);
      expect(cache.caseOf(idOf(2))).toMatchObject({ isStale: false, readAt: facts(2).at });
      expect(cache.counts().kept).toEqual({ wanted: 3, present: 2 });
      const now = { at: daysLater(1.1) };
      cache.putFacts([facts(4, 's1', now), facts(2, 's1', now), facts(1, 's1', now)]);
      expect(cache.factsWanted(9)).toEqual([]);
      expect(cache.caseOf(idOf(2))).toMatchObject({ readAt: now.at });
    }));

  it('that was asked for before the item changed is not taken for the changed one', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      expect(cache.factsWanted(1)).toEqual([idOf(1)]);
      pull(cache, [headOf(1, { version: 2, stamp: 's2' })], { full: false });
      cache.putFacts([facts(1)]);
      expect(cache.caseOf(idOf(1))).toMatchObject({ isStale: true });
      expect(cache.factsWanted(1)).toEqual([idOf(1)]);
    }));

  it('of a closed case goes when the case changes, and is fetched again where it was decided here', () =>
    withCache((cache) => {
      const closed = { status: 'approved' as const };
      pull(cache, [headOf(1, closed), headOf(2, closed), headOf(3), headOf(4)]);
      cache.putFacts([facts(1), facts(2), facts(3), facts(4)]);
      const mine = cache.decide(decisionOn(4));
      const changed = { version: 2, stamp: 's2' };
      pull(cache, [headOf(1, { ...closed, ...changed }), headOf(3, changed), headOf(4, { ...closed, ...changed })], {
        full: false,
      });
      expect([1, 2, 3, 4].map((number) => cache.caseOf(idOf(number))?.facts !== null)).toEqual([
        false,
        true,
        true,
        true,
      ]);
      cache.takeToSend(1);
      cache.putAnswers([answerTo(mine.id, { outcome: 'agreed', status: 'approved' })]);
      expect(cache.factsWanted(9)).toEqual([idOf(3), idOf(4)]);
      cache.putFacts([facts(3, 's2'), facts(4, 's2')]);
      expect(cache.factsWanted(9)).toEqual([]);
      // What could not be fetched in time goes all the same.
      pull(cache, [headOf(4, { ...closed, version: 3, stamp: 's3' })], { full: false });
      expect(cache.factsWanted(9)).toEqual([idOf(4)]);
      cache.evict();
      expect(cache.caseOf(idOf(4))).toMatchObject({ facts: null, outgoing: null });
    }));

  it('of an erased person goes at once, and so does the name in the outbox', () =>
    withCache((first, reopened) => {
      pull(first, [headOf(1), headOf(2), headOf(3)]);
      first.putFacts([facts(1), facts(2), facts(3)]);
      const [queued, troubled] = [first.decide(decisionOn(1)), first.decide(decisionOn(2))];
      first.takeToSend(2);
      first.putBack([queued.id], null);
      first.putAnswers([answerTo(troubled.id, { outcome: 'conflict', status: 'approved' })]);
      const erased = { stamp: 's2', refereeName: 'Erased user' };
      pull(first, [headOf(1, erased), headOf(2, { ...erased, version: 2, status: 'approved' }), headOf(3, erased)], {
        full: false,
      });
      const cache = reopened();
      for (const number of [1, 2, 3]) expect(cache.caseOf(idOf(number))).toMatchObject({ facts: null });
      for (const row of [queued, troubled]) {
        expect(cache.rowOf(row)).toMatchObject({ referrerName: 'Till S.', refereeName: 'Erased user' });
      }
      // What a person has to settle and what is open is fetched again; what waits to be sent is looked at when it comes back.
      expect(cache.factsWanted(5)).toEqual([idOf(2), idOf(3)]);
      cache.putFacts([facts(2, 's2')]);
      pull(cache, [headOf(2, { ...erased, version: 2, status: 'approved' })], { full: false });
      expect(cache.caseOf(idOf(2))?.facts).not.toBeNull();
    }));

  it('of another epoch goes, since its version and its stamp are of other moments there', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.putFacts([facts(1)]);
      pull(cache, [headOf(1)], { epoch: 'epoch 2' });
      expect(cache.caseOf(idOf(1))).toMatchObject({ facts: null });
      expect(cache.factsWanted(5)).toEqual([idOf(1)]);
    }));

  it('of a case that is gone goes with it, since nothing fetches it again, whatever waits to be settled about it', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.putFacts([facts(1)]);
      cache.decide(decisionOn(1));
      pull(cache, [], { full: false, gone: [idOf(1)] });
      // What was asked for before is late.
      cache.putFacts([facts(1)]);
      expect(cache.caseOf(idOf(1))).toMatchObject({ isGone: true, facts: null, outgoing: { state: 'queued' } });
    }));

  it('that goes gives its place on the disk back', () =>
    withCache((first, reopened) => {
      const random = new Random(3);
      const text = (): string => Array.from({ length: 500 }, () => random.next().toString(36)).join('');
      const many = Array.from({ length: 4000 }, (_, number) => number);
      pull(
        first,
        many.map((number) => headOf(number)),
      );
      first.putFacts(many.map((number) => ({ ...facts(number), json: JSON.stringify({ text: text() }) })));
      const cache = reopened();
      const { bytes, expectedBytes } = cache.settings();
      cache.keep(100);
      expect(cache.settings().expectedBytes).toBeLessThan(expectedBytes / 3);
      for (let round = 0; round < 4; round += 1) cache.evict();
      expect(reopened().settings().bytes).toBeLessThan(bytes / 2);
    }));

  it('beyond what is to be kept goes, but not that of an item whose decision is not settled', () =>
    withCache((cache) => {
      pull(
        cache,
        Array.from({ length: 600 }, (_, number) => headOf(number)),
      );
      cache.putFacts(Array.from({ length: 600 }, (_, number) => facts(number)));
      // In the order of the queue the last numbers come first; of the others the first are taken for lately opened.
      cache.decide(decisionOn(350));
      cache.keep(100);
      cache.evict();
      expect(cache.settings()).toMatchObject({ keep: 100, items: 600, cases: 301, undelivered: 1 });
      expect(cache.counts().kept).toEqual({ wanted: 100, present: 100 });
      expect(cache.caseOf(idOf(350))?.facts).not.toBeNull();
    }));
});

describe('the outbox', () => {
  const daysLater = (days: number): { full: false; at: string } => ({
    full: false,
    at: new Date(CACHE_NOW.getTime() + days * 24 * 3_600_000).toISOString(),
  });
  const numbersLeft = (cache: Cache): number[] =>
    cache.outbox({ states: [], offset: 0, limit: 9 }).rows.map(({ itemId }) => Number.parseInt(itemId.slice(0, 8), 16));

  it('lets go of what was over for ninety days by the server, and never of what is not', () =>
    withCache((cache) => {
      pull(
        cache,
        [1, 2, 3, 4, 5, 6].map((number) => headOf(number)),
      );
      // By this computer's clock all of them are of long ago.
      const decidedAt = '2019-01-01T00:00:00Z';
      const ids = [1, 2, 3, 4, 5, 6].map((number) => cache.decide(decisionOn(number, { decidedAt })).id);
      cache.takeToSend(5);
      cache.putAnswers([
        answerTo(ids[0] ?? ''),
        answerTo(ids[1] ?? '', { outcome: 'conflict', status: 'approved' }),
        answerTo(ids[2] ?? '', { outcome: 'awaiting_second', status: 'pending', version: 1 }),
        answerTo(ids[3] ?? '', { outcome: 'conflict', status: 'approved' }),
        answerTo(ids[4] ?? ''),
      ]);
      cache.resolve(ids[3] ?? '', 'kept');
      cache.undo({ id: idOf(9, 1), decisionId: ids[4] ?? '', note: null, decidedAt });
      pull(cache, [], daysLater(0.1));
      pull(cache, [], daysLater(80));
      expect(numbersLeft(cache)).toEqual([5, 6, 5, 4, 3, 2, 1]);
      // What is settled late counts from then on.
      cache.resolve(ids[1] ?? '', 'kept');
      pull(cache, [], daysLater(91));
      expect(numbersLeft(cache)).toEqual([5, 6, 5, 3, 2]);
      pull(cache, [], daysLater(182));
      expect(numbersLeft(cache)).toEqual([5, 6, 5, 3]);
      expect(cache.counts()).toMatchObject({ waiting: 2, awaitingSecond: 1 });
    }));

  it('names nobody who was erased, of items that are gone from here too', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      const [over, open] = [cache.decide(decisionOn(1)), cache.decide(decisionOn(2))];
      cache.takeToSend(1);
      cache.putAnswers([answerTo(over.id)]);
      pull(cache, [], { full: false, gone: [idOf(1), idOf(2)] });
      pull(cache, [], { full: false, erased: ['referee-1', 'referrer-2'] });
      expect(cache.rowOf(over)).toMatchObject({ referrerName: 'Till S.', refereeName: 'Erased user' });
      expect(cache.rowOf(open)).toMatchObject({ referrerName: 'Erased user', refereeName: 'Ada L.' });
      expect(cache.caseOf(idOf(2))).toMatchObject({ isGone: true, head: { referrerName: 'Erased user' } });
      expect(cache.headOf(idOf(2))).toBeNull();
    }));
});
