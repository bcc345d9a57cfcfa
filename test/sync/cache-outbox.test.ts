import { describe, expect, it } from 'vitest';
import { UNDELIVERED } from '../../core/domain/outbox.ts';
import { CacheRefusal } from '../../core/cache/error.ts';
import {
  answerTo,
  CACHE_NOW,
  decisionOn,
  filterOf,
  headOf,
  idOf,
  keptFacts,
  pull,
  shown,
  undoingFrom,
  withCache,
} from '../support/cache.ts';

const ANALYST = { lead: false };

/** Evidence of a case, as far as a decision keeps it. */
const evidence = (version: number, given: { readonly score?: number; readonly priority?: string } = {}): string =>
  JSON.stringify({
    facts: 2,
    head: { version, score: 60, priority: 'high', rule_set_version: null, ...given },
    evidence: [{ signal: 'same_ip', points: 60, evidence: {} }],
  });

describe('a decision off-line', () => {
  it('keeps what was looked at: the evidence of the version that it is about', () =>
    withCache((cache) => {
      const numbers = [1, 2, 3, 4];
      pull(
        cache,
        numbers.map((number) => headOf(number)),
      );
      cache.putFacts([
        keptFacts(idOf(1), 's1', evidence(1)),
        keptFacts(idOf(2), 's1', evidence(1)),
        keptFacts(idOf(3), 's1', 'what another version kept'),
      ]);
      // The rows come first, and then the line was cut.
      const risen = { version: 2, stamp: 's2', priority: 'critical', score: 118 } as const;
      pull(
        cache,
        numbers.map((number) => headOf(number, risen)),
        { full: false },
      );
      const seen = { version: 1, priority: 'high', score: 60, ruleSetVersion: 1 };
      const first = cache.decide(decisionOn(1, { decision: 'approve' }));
      expect(first).toMatchObject({ seen: { ...seen, signals: [{ name: 'same_ip', points: 60 }] } });
      // So is the row: what is sent is a decision on that.
      expect(cache.rowOf(first)).toMatchObject({ score: 60, priority: 'high' });
      const onRow = cache.decide(decisionOn(2, { expectedVersion: 2 }));
      expect(onRow).toMatchObject({ seen: { version: 2, priority: 'critical', score: 118 } });
      for (const number of [3, 4]) expect(cache.decide(decisionOn(number))).toMatchObject({ seen: null });

      // In another history nothing goes that was looked at in a lower band, or nobody knows in which.
      pull(
        cache,
        numbers.map((number) => headOf(number, { ...risen, version: 7 })),
        { epoch: 'epoch 2' },
      );
      const expected = cache.takeToSend(9).map((sent) => sent.kind === 'decide' && sent.expectedVersion);
      expect(expected).toEqual([0, 7, 0, 0]);
    }));

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
      // Its version stays that of the evidence beside it: what is decided next is expected on what was looked at.
      expect(cache.caseOf(idOf(1))).toMatchObject({
        head: { status: 'rejected', version: 1 },
        isBehind: true,
        outgoing: null,
      });
      expect(cache.counts()).toMatchObject({ waiting: 0 });
      // What else changed by then is known with the pull that brings it.
      pull(cache, [headOf(1, { version: 2, status: 'rejected' })], { full: false, cursor: 'cursor 2' });
      expect(cache.caseOf(idOf(1))).toMatchObject({ head: { version: 2 }, isBehind: false });
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
      expect(cache.outbox({ states: [], offset: 0, limit: 10 }).rows).toHaveLength(1);
    }));

  it('of many is one transaction that tells what it left out', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3, { status: 'approved' }), headOf(5)]);
      const sessionId = idOf(1, 5);
      const { taken, skipped } = cache.decideMany(
        [1, 2, 3, 4].map((number) => decisionOn(number, { sessionId })),
        ANALYST,
      );
      expect(taken.map(({ itemId }) => itemId)).toEqual([idOf(1), idOf(2)]);
      expect(skipped).toEqual([
        { itemId: idOf(3), why: 'This case is approved already.' },
        { itemId: idOf(4), why: 'This case is not kept on this computer, so it cannot be decided here.' },
      ]);
      cache.takeToSend(1);
      // What of it waits is counted by itself.
      cache.decide(decisionOn(5));
      const ofSession = { states: [...UNDELIVERED], sessionId, offset: 0, limit: 1 };
      expect(cache.outbox(ofSession)).toMatchObject({ total: 2, rows: [{ itemId: idOf(2) }] });
      expect(cache.withdrawSession(sessionId, undoingFrom(1))).toMatchObject({
        withdrawn: 1,
        undos: [{ itemId: idOf(1) }],
      });
      expect(cache.outbox(ofSession)).toMatchObject({ total: 1 });
      expect(new Set(shown(cache).ids)).toEqual(new Set([idOf(1), idOf(2)]));
    }));

  it('of many leaves out what nobody foresaw: what changed since, what is with a lead, what waits for a second analyst', () =>
    withCache((cache) => {
      const first = idOf(4, 0xe);
      pull(cache, [
        headOf(1, { version: 2 }),
        headOf(2, { status: 'escalated' }),
        headOf(3, { secondReview: 'mine' }),
        headOf(4),
        headOf(5),
      ]);
      cache.decide(decisionOn(4, { id: first }));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(first, { outcome: 'awaiting_second', status: 'pending', version: 1 })]);
      const calls = [1, 2, 3, 4, 5].map((number) => decisionOn(number));
      const waits = 'Your own decision on this case waits for a second analyst.';
      expect(cache.foresee(calls, ANALYST).skipped).toEqual([
        { itemId: idOf(1), why: 'This case changed since the preview.' },
        { itemId: idOf(2), why: 'This case is with a lead, who decides it now.' },
        { itemId: idOf(3), why: waits },
        { itemId: idOf(4), why: waits },
      ]);
      expect(cache.foresee(calls, { lead: true }).taken.map(({ itemId }) => itemId)).toEqual([idOf(2), idOf(5)]);
      // What one takes back off-line waits for nobody.
      cache.undo({ id: idOf(4, 0xf), decisionId: first, note: null, decidedAt: CACHE_NOW.toISOString() });
      expect(cache.decideMany(calls, ANALYST).taken.map(({ itemId }) => itemId)).toEqual([idOf(4), idOf(5)]);
    }));
});

describe('a decision on what needs a second analyst', () => {
  it('moves nothing by itself, and of many it is told how many wait', () =>
    withCache((cache) => {
      const needed = { secondReview: 'needed' } as const;
      pull(cache, [headOf(1, needed), headOf(2, needed), headOf(3), headOf(4, needed)]);
      const calls = [1, 2, 3].map((number) => decisionOn(number));
      const done = cache.decideMany(calls, ANALYST);
      expect(done.awaitingSecond).toBe(2);
      expect(done.taken.map(({ rejected, reversed }) => [rejected, reversed])).toEqual([
        [0, 0],
        [0, 0],
        [60, 40],
      ]);
      expect(cache.decideMany(calls, ANALYST).awaitingSecond).toBe(2);
      const [toLead] = [decisionOn(4, { decision: 'escalate', reason: 'needs_lead' })];
      expect(cache.foresee([toLead], ANALYST)).toMatchObject({ taken: [{}], awaitingSecond: 0 });
      cache.takeToSend(9);
      cache.putAnswers([
        answerTo(calls[0]?.id ?? '', {
          outcome: 'awaiting_second',
          status: 'pending',
          version: 1,
          rejected: 0,
          reversed: 0,
        }),
        answerTo(calls[1]?.id ?? ''),
      ]);
      expect(cache.decideMany(calls, ANALYST)).toMatchObject({ taken: [{}, {}, {}], awaitingSecond: 1 });
    }));
});

describe('what is sent', () => {
  it('is the oldest first and one of an item, and not another before that is answered', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      for (const number of [2, 1, 3]) cache.decide(decisionOn(number));
      expect(cache.takeToSend(2).map(({ itemId }) => itemId)).toEqual([idOf(2), idOf(1)]);
      // Sent, and not known whether it took effect: only an undo of its own can take it back, behind it.
      const undo = cache.undo({
        id: idOf(9, 1),
        decisionId: decisionOn(2).id,
        note: null,
        decidedAt: CACHE_NOW.toISOString(),
      });
      expect(undo).toMatchObject({ kind: 'undo', state: 'queued', undoes: decisionOn(2).id });
      expect(cache.takeToSend(9).map(({ itemId }) => itemId)).toEqual([idOf(3)]);
      cache.putAnswers([answerTo(decisionOn(2).id)]);
      expect(cache.takeToSend(9)).toEqual([
        { kind: 'undo', id: undo.id, itemId: idOf(2), undoes: decisionOn(2).id, note: null },
      ]);
      cache.putAnswers([answerTo(undo.id, { status: 'pending', version: 3, rejected: 0, reversed: 0 })]);
      expect(shown(cache).ids).toEqual([idOf(2)]);
    }));

  it('goes again with its key when the program died or the line broke, and cannot be withdrawn then', () =>
    withCache((first, reopened) => {
      pull(first, [headOf(1), headOf(2)]);
      for (const number of [1, 2]) first.decide(decisionOn(number));
      const sent = first.takeToSend(2);
      const cache = reopened();
      expect(cache.takeToSend(2)).toEqual([]);
      cache.recover();
      expect(() => cache.withdraw(decisionOn(1).id)).toThrow(/whether it took effect is not known/);
      const { rows } = cache.outbox({ states: ['queued'], offset: 0, limit: 5 });
      expect(rows.map(({ inDoubt }) => inDoubt)).toEqual([true, true]);
      expect(cache.takeToSend(2)).toEqual(sent);
      cache.putBack([decisionOn(1).id], 'The connection was cut.');
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({
        state: 'queued',
        attempts: 2,
        message: 'The connection was cut.',
      });
      // What comes late counts for nothing: the key is sent again and has its first answer.
      cache.putAnswers([answerTo(decisionOn(1).id)]);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'queued' });
      expect(shown(cache, { statuses: ['rejected'] }).total).toBe(2);
    }));

  it('is as unsent as before where the server refused it with all that was sent: it is withdrawn, once more or not', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      const ids = [1, 2, 3].map((number) => cache.decide(decisionOn(number)).id);
      const [first = '', second = '', third = ''] = ids;
      const looksOnly = 'This login may only look at present.';
      cache.takeToSend(3);
      cache.putBack(ids, looksOnly, true);
      expect(cache.outbox({ states: ['queued'], offset: 0, limit: 5 }).rows).toMatchObject(
        ids.map(() => ({ inDoubt: false, attempts: 1, message: looksOnly })),
      );
      expect(cache.withdraw(first)).toMatchObject({ state: 'withdrawn' });
      // Refused once more, then for good, without a word of its item: nothing was ever done.
      cache.takeToSend(3);
      cache.putBack([second], looksOnly, true);
      cache.putBack([third], 'The connection was cut.');
      cache.takeToSend(3);
      cache.putBack([third], looksOnly, true);
      cache.putAnswers([answerTo(second, { outcome: 'not_allowed', status: null, version: null })]);
      expect(cache.outbox({ states: ['rejected'], offset: 0, limit: 5 }).rows).toMatchObject([{ inDoubt: false }]);
      // What the line cut off before may be there all the same.
      expect(() => cache.withdraw(third)).toThrow(/whether it took effect is not known/);
    }));

  it('and refused without a word of its item is in doubt still: its undo waits, and it is not withdrawn', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const { id } = cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putBack([id], 'The connection was cut.');
      const undoId = idOf(9, 1);
      cache.undo({ id: undoId, decisionId: id, note: null, decidedAt: CACHE_NOW.toISOString() });
      cache.takeToSend(1);
      cache.putAnswers([answerTo(id, { outcome: 'not_allowed', status: null, version: null })]);
      expect(cache.outgoing(id)).toMatchObject({ state: 'rejected' });
      expect(cache.outgoing(undoId)).toMatchObject({ state: 'queued' });
      cache.takeToSend(1);
      cache.putAnswers([answerTo(undoId, { outcome: 'not_allowed', status: 'pending', version: 1 })]);
      expect(cache.retry(id)).toMatchObject({ state: 'queued' });
      expect(() => cache.withdraw(id)).toThrow(/whether it took effect is not known/);
    }));

  it('stays with what else is not over, and alone, when all that was read from the server goes', () =>
    withCache((cache) => {
      const heads = [1, 2, 3, 4].map((number) => headOf(number));
      pull(cache, heads);
      for (const number of [1, 3, 4]) cache.decide(decisionOn(number));
      cache.takeToSend(3);
      cache.putAnswers([
        answerTo(decisionOn(1).id),
        answerTo(decisionOn(3).id, { outcome: 'conflict', message: 'No.' }),
        answerTo(decisionOn(4).id, { outcome: 'awaiting_second' }),
      ]);
      cache.decide(decisionOn(2));
      cache.putReference({ json: '{}' });
      cache.remember('status', '{}');
      cache.keepNotOver();
      expect(cache.settings()).toMatchObject({ items: 0, cases: 0, undelivered: 1, unsettled: 1 });
      expect([cache.reference(), cache.recall('status'), cache.position()]).toEqual([null, null, null]);
      // Of which history what waits is: the next pull asks whether it goes on.
      expect(cache.witness()).toEqual({ epoch: 'epoch 1', cursor: 'cursor 1' });
      expect(cache.outbox({ states: [], offset: 0, limit: 5 }).rows).toMatchObject([
        { id: decisionOn(2).id, state: 'queued' },
        { id: decisionOn(4).id, state: 'awaiting_second' },
        { id: decisionOn(3).id, state: 'conflict', message: 'No.' },
      ]);
      pull(cache, heads);
      expect(cache.takeToSend(5)).toMatchObject([
        { id: decisionOn(2).id, expectedVersion: decisionOn(2).expectedVersion },
      ]);
    }));

  it('and rejected stays until somebody settles it or sends it again', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.undo({ id: idOf(9, 1), decisionId: decisionOn(1).id, note: null, decidedAt: CACHE_NOW.toISOString() });
      cache.putAnswers([
        answerTo(decisionOn(1).id, { outcome: 'not_allowed', status: 'pending', version: 1, rejected: 0 }),
      ]);
      expect(cache.outgoing(idOf(9, 1))).toMatchObject({
        state: 'withdrawn',
        message: expect.stringMatching(/no effect/),
      });
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'rejected', rejected: 0 });
      expect(shown(cache).ids).toEqual([idOf(1)]);
      expect(cache.retry(decisionOn(1).id)).toMatchObject({ state: 'queued', message: null, rejected: 60 });
      expect(shown(cache).ids).toEqual([]);
      cache.takeToSend(1);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'not_allowed', status: 'pending', version: 1 })]);
      expect(cache.resolve(decisionOn(1).id, 'kept')).toMatchObject({ state: 'rejected', resolution: 'kept' });
      expect(() => cache.retry(decisionOn(1).id)).toThrow(/settled already/);
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 0 });
    }));

  it('and waits for a second analyst is asked for again when its item has changed, and only then', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      const id = decisionOn(1).id;
      cache.putAnswers([
        answerTo(id, { outcome: 'awaiting_second', status: 'pending', version: 2, rejected: 0, reversed: 0 }),
      ]);
      expect(cache.counts()).toMatchObject({ waiting: 0, awaitingSecond: 1 });
      expect(shown(cache).ids).toEqual([idOf(1)]);
      expect(cache.queueNext(filterOf(), null)).toBeNull();
      expect(cache.awaiting(5)).toEqual([]);
      pull(cache, [headOf(1, { version: 3 })], { full: false });
      expect(cache.awaiting(5)).toMatchObject([{ id, kind: 'decide' }]);
      // The line broke: nothing was answered.
      expect(cache.awaiting(5)).toHaveLength(1);
      // It waits as before: there is nothing to tell.
      expect(cache.putAnswers([answerTo(id, { outcome: 'awaiting_second', status: 'pending', version: 2 })])).toEqual(
        [],
      );
      expect(cache.awaiting(5)).toEqual([]);
      pull(cache, [headOf(1, { version: 4, status: 'rejected' })], { full: false });
      expect(cache.awaiting(5)).toHaveLength(1);
      expect(cache.putAnswers([answerTo(id, { version: 4 })])).toEqual([id]);
      expect(cache.outgoing(id)).toMatchObject({ state: 'applied' });
    }));
});
