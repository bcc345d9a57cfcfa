import { describe, expect, it } from 'vitest';
import { CacheRefusal } from '../../core/cache/error.ts';
import { answerTo, CACHE_NOW, decisionOn, filterOf, headOf, idOf, pull, shown, withCache } from '../support/cache.ts';

describe('a decision off-line', () => {
  it('is there after the next start, shown in every read of the queue, and sent once', () =>
    withCache((first, reopened) => {
      pull(first, [headOf(1), headOf(2, { status: 'escalated' })]);
      const made = first.decide(decisionOn(1));
      expect(made).toMatchObject({
        state: 'queued',
        itemId: idOf(1),
        rejected: 60,
        reversed: 40,
        seen: { score: 60, version: 1 },
      });
      const cache = reopened();
      expect(cache.outgoing(made.id)).toEqual(made);
      expect(shown(cache)).toEqual({ total: 0, ids: [] });
      expect(shown(cache, { statuses: ['rejected'] })).toEqual({ total: 1, ids: [idOf(1)] });
      expect(cache.queueSummary(CACHE_NOW, 4)).toEqual({
        byStatus: { pending: 0, approved: 0, rejected: 1, escalated: 1 },
        byPriority: { low: 0, medium: 0, high: 0, critical: 0 },
        overdue: 0,
        holdsEndingSoon: 4,
      });
      expect(cache.queueNext(filterOf({ statuses: [] }), null)).toBe(idOf(2));
      expect(cache.caseOf(idOf(1))).toMatchObject({ head: { status: 'pending' }, outgoing: { id: made.id } });
      expect(cache.counts()).toMatchObject({ waiting: 1, troubled: 0, awaitingSecond: 0 });

      expect(cache.takeToSend(10)).toEqual([
        {
          kind: 'decide',
          id: made.id,
          itemId: idOf(1),
          expectedVersion: 1,
          decision: 'reject',
          reason: 'account_farm',
          note: null,
        },
      ]);
      expect(cache.takeToSend(10)).toEqual([]);
      cache.putAnswers([answerTo(made.id)]);
      expect(cache.outgoing(made.id)).toMatchObject({ state: 'applied', attempts: 1 });
      // The answer lives on in the head: nothing flickers until the pull that brings it.
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(1)]);
      expect(cache.caseOf(idOf(1))).toMatchObject({ head: { status: 'rejected', version: 2 }, outgoing: null });
      expect(cache.counts()).toMatchObject({ waiting: 0 });
    }));

  it('is one row however often it is made, and another one of the same id is refused', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const made = cache.decide(decisionOn(1));
      expect(cache.decide(decisionOn(1, { decidedAt: '2020-01-01T00:00:00Z' }))).toEqual(made);
      expect(() => cache.decide(decisionOn(1, { decision: 'approve' }))).toThrow(CacheRefusal);
      expect(() => cache.decide(decisionOn(1, { id: idOf(9) }))).toThrow(
        expect.objectContaining({ code: 'undelivered' }),
      );
      expect(() => cache.decide(decisionOn(7))).toThrow(expect.objectContaining({ code: 'unknown_item' }));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(made.id)]);
      expect(() => cache.decide(decisionOn(1, { id: idOf(9) }))).toThrow(expect.objectContaining({ code: 'not_open' }));
      expect(cache.outbox({ states: [], troubled: false, offset: 0, limit: 10 }).rows).toHaveLength(1);
    }));

  it('of many is one transaction that tells what it left out', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3, { status: 'approved' })]);
      const sessionId = idOf(1, 5);
      const { taken, skipped } = cache.decideMany([1, 2, 3, 4].map((number) => decisionOn(number, { sessionId })));
      expect(taken.map(({ itemId }) => itemId)).toEqual([idOf(1), idOf(2)]);
      expect(skipped).toEqual([
        { itemId: idOf(3), why: 'This case is approved already.' },
        { itemId: idOf(4), why: 'This case is not kept on this computer, so it cannot be decided here.' },
      ]);
      cache.takeToSend(1);
      expect(cache.withdrawSession(sessionId)).toBe(1);
      expect(shown(cache).ids).toEqual([idOf(2)]);
    }));
});
