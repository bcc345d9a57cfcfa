import { describe, expect, it } from 'vitest';
import type { Cache } from '../../core/cache/cache.ts';
import { CacheRefusal } from '../../core/cache/error.ts';
import { UNDO_IS_LATE } from '../../core/domain/decision.ts';
import type { Outgoing } from '../../core/sync/ports.ts';
import {
  answerTo,
  CACHE_NOW,
  decisionOn,
  headOf,
  idOf,
  keptFacts,
  pull,
  shown,
  undoingFrom,
  withCache,
} from '../support/cache.ts';

describe('what is troubled', () => {
  it('can be handed to a lead, which settles it here and goes out as an objection', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([
        answerTo(decisionOn(1).id, { outcome: 'conflict', status: 'approved', message: 'Mo approved it.' }),
      ]);
      const call = {
        id: idOf(1, 0xb),
        troubledId: decisionOn(1).id,
        note: 'look at the device',
        decidedAt: CACHE_NOW.toISOString(),
      };
      const made = cache.object(call);
      expect(cache.object(call)).toEqual(made);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'conflict', resolution: 'handed_to_lead' });
      expect(cache.takeToSend(5)).toEqual([
        {
          kind: 'object',
          id: call.id,
          itemId: idOf(1),
          decision: 'reject',
          reason: 'account_farm',
          note: 'look at the device',
        },
      ]);
      const { rows, ...page } = cache.outbox({ states: [], offset: 0, limit: 1 });
      expect(page).toMatchObject({ total: 2, byState: { sending: 1, conflict: 1, queued: 0 } });
      expect(rows).toMatchObject([
        { id: call.id, kind: 'object', referrerName: 'Till S.', score: 60, priority: 'high' },
      ]);
      expect(cache.outbox({ states: [], troubled: true, offset: 0, limit: 5 }).total).toBe(0);
      expect(cache.outbox({ states: ['conflict'], troubled: false, offset: 0, limit: 5 }).total).toBe(1);
      expect(() => cache.object({ ...call, id: idOf(2, 0xb) })).toThrow(CacheRefusal);
      expect(() => cache.resolve(decisionOn(1).id, 'kept')).toThrow(/settled already/);
    }));
});

describe('what was handed to a lead, and is refused', () => {
  const troubledId = decisionOn(1).id;
  const at = { note: null, decidedAt: CACHE_NOW.toISOString() };

  const id = idOf(1, 0xb);
  const message = 'This case is open: decide it instead of handing it to a lead.';
  const refusedAfter = (cache: Cache, meanwhile: () => void): void => {
    pull(cache, [headOf(1)]);
    cache.decide(decisionOn(1));
    cache.takeToSend(1);
    cache.putAnswers([answerTo(troubledId, { outcome: 'conflict', status: 'approved', version: 2 })]);
    cache.object({ id, troubledId, ...at });
    meanwhile();
    cache.takeToSend(1);
    cache.putAnswers([answerTo(id, { outcome: 'not_allowed', status: 'pending', version: 3, message })]);
  };

  it('settles nothing: the conflict is to be settled again, and about the objection there is nothing to do', () =>
    withCache((cache) => {
      refusedAfter(cache, () => {});
      expect(cache.outgoing(troubledId)).toMatchObject({ state: 'conflict', resolution: null });
      expect(cache.unsettledBy([troubledId, id])).toEqual([troubledId]);
      expect(cache.outgoing(id)).toMatchObject({ state: 'rejected', message, isRefusedForGood: false });
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 1 });
      expect(cache.outbox({ states: [], troubled: true, offset: 0, limit: 5 }).rows).toMatchObject([
        { id: troubledId },
      ]);
    }));

  it('is told by itself where the conflict is not here any more', () =>
    withCache((cache) => {
      // As when the account was disabled meanwhile.
      refusedAfter(cache, () => cache.keepNotOver());
      expect(cache.outgoing(troubledId)).toBeNull();
      expect(cache.outgoing(id)).toMatchObject({ state: 'rejected', message, resolution: null });
      expect(cache.counts()).toMatchObject({ troubled: 1 });
    }));
});

describe('what settled a conflict, and is withdrawn', () => {
  const at = { note: null, decidedAt: CACHE_NOW.toISOString() };
  const troubledId = decisionOn(1).id;
  const inConflict = (work: (cache: Cache) => void): Promise<void> =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(troubledId, { outcome: 'conflict', status: 'approved', version: 2 })]);
      work(cache);
    });

  it('leaves it to be settled again', () =>
    inConflict((cache) => {
      const made = cache.object({ id: idOf(1, 0xb), troubledId, ...at });
      cache.withdraw(made.id);
      expect(cache.outgoing(troubledId)).toMatchObject({ state: 'conflict', resolution: null });
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 1 });
      cache.object({ id: idOf(2, 0xb), troubledId, ...at });
      expect(cache.takeToSend(5)).toMatchObject([{ kind: 'object', id: idOf(2, 0xb) }]);
    }));

  it('takes nothing of the colleague’s back either, and then can be decided again', () =>
    inConflict((cache) => {
      const again = (number: number) => ({
        troubledId,
        undo: { id: idOf(number, 0xa), decisionId: idOf(9, 0xf), itemId: idOf(1), ...at },
        decision: decisionOn(1, { id: idOf(number, 0xb), expectedVersion: 2 }),
      });
      cache.redecide(again(1));
      cache.withdraw(idOf(1, 0xb));
      expect(cache.outgoing(troubledId)).toMatchObject({ resolution: null });
      expect(cache.takeToSend(5)).toEqual([]);
      expect(shown(cache, { statuses: ['approved'] }).ids).toEqual([idOf(1)]);
      cache.redecide(again(2));
      expect(cache.takeToSend(5)).toMatchObject([{ kind: 'undo', id: idOf(2, 0xa) }]);
      // What may have arrived is not withdrawn with it: the case is open there, and to be decided.
      cache.putBack([idOf(2, 0xa)], null);
      cache.withdraw(idOf(2, 0xb));
      expect(cache.outgoing(troubledId)).toMatchObject({ resolution: null });
      expect(cache.takeToSend(5)).toMatchObject([{ kind: 'undo', id: idOf(2, 0xa) }]);
    }));
});

describe('two items of one referral', () => {
  it('have the same decisions in their evidence, and each is taken back on the item that it is of', () =>
    withCache((cache) => {
      const earlier = idOf(7, 0xd);
      const json = JSON.stringify({ decisions: [{ decision_id: earlier, item_id: idOf(1) }] });
      pull(cache, [headOf(1, { status: 'rejected', version: 3 }), headOf(2)]);
      const undo = { id: idOf(8, 1), decisionId: earlier, note: null, decidedAt: CACHE_NOW.toISOString() };
      expect(() => cache.undo(undo)).toThrow(/not known on this computer/);

      // The evidence of the later one alone is kept, which says of which item the decision is.
      cache.putFacts([keptFacts(idOf(2), 's1', json)]);
      expect(cache.undo(undo).itemId).toBe(idOf(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(undo.id, { outcome: 'not_allowed', status: 'rejected', version: 3 })]);
      expect(shown(cache, { statuses: ['pending'] }).ids).toEqual([idOf(2)]);
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(1)]);
    }));
});

describe('a lead who decides otherwise than stands', () => {
  it('takes theirs back first, and the new decision goes once that is answered', () =>
    withCache((cache) => {
      const theirs = idOf(5, 0xe);
      pull(cache, [headOf(1)]);
      cache.putFacts([keptFacts(idOf(1), 's1', '{}')]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      pull(cache, [headOf(1, { version: 2, stamp: 's2', status: 'approved' })], { full: false });
      expect(cache.factsWanted(5)).toEqual([]);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'conflict', status: 'approved' })]);
      // What changed is the case that is to be settled: its evidence is fetched although it is closed.
      expect(cache.factsWanted(5)).toEqual([idOf(1)]);
      cache.putFacts([
        keptFacts(idOf(1), 's1', JSON.stringify({ decisions: [{ decision_id: theirs, item_id: idOf(1) }] })),
      ]);
      expect(cache.factsWanted(5)).toEqual([]);
      const at = { note: null, decidedAt: CACHE_NOW.toISOString() };
      const call = {
        troubledId: decisionOn(1).id,
        undo: { id: idOf(2, 0xf), decisionId: theirs, ...at },
        decision: decisionOn(1, { id: idOf(3, 0xd), expectedVersion: 2 }),
      };
      const made = cache.redecide(call);
      expect(cache.redecide(call)).toEqual(made);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'conflict', resolution: 'redecided' });
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(1)]);
      expect(cache.takeToSend(5)).toMatchObject([{ kind: 'undo', undoes: theirs, itemId: idOf(1) }]);
      expect(cache.takeToSend(5)).toEqual([]);
      cache.putAnswers([answerTo(idOf(2, 0xf), { status: 'pending', version: 3 })]);
      expect(cache.takeToSend(5)).toMatchObject([{ kind: 'decide', id: made.id, expectedVersion: 2 }]);
    }));

  it('changes nothing where it cannot be done', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'conflict', status: 'approved' })]);
      const decision = decisionOn(1, { id: idOf(3, 0xd) });
      expect(() => cache.redecide({ troubledId: decisionOn(1).id, undo: null, decision })).toThrow(/approved already/);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ resolution: null });
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 1 });
    }));
});

describe('what a server that was set back does not have', () => {
  const answered = (cache: Cache, ...numbers: readonly number[]): void => {
    for (const each of numbers) cache.decide(decisionOn(each));
    cache.takeToSend(numbers.length);
    cache.putAnswers(numbers.map((each) => answerTo(idOf(each, 0xd))));
  };
  const stateOf = (cache: Cache, number: number): string | undefined => cache.outgoing(idOf(number, 0xd))?.state;

  it('is returned, what it has stays, and what waits there waits here', () =>
    withCache((cache, reopened) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      answered(cache, 1, 2, 3);
      pull(cache, [headOf(1), headOf(2), headOf(3)], { epoch: 'epoch 2' });
      const again = reopened();
      const asked = again.toVerify(9);
      expect(asked).toEqual([1, 2, 3].map((each) => ({ id: idOf(each, 0xd), itemId: idOf(each) })));
      again.putVerified(asked, [
        { id: idOf(2, 0xd), waits: false },
        { id: idOf(3, 0xd), waits: true },
      ]);
      expect([1, 2, 3].map((each) => stateOf(again, each))).toEqual(['returned', 'applied', 'awaiting_second']);
      expect(again.counts().troubled).toBe(1);
      expect(again.toVerify(9)).toEqual([]);
      expect(again.position()?.cursor).toBe('cursor 1');
    }));

  it('is asked of no lead: what was handed over is to be settled again, and may be handed over', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const { id: troubledId } = cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(troubledId, { outcome: 'conflict', status: 'approved', version: 2 })]);
      const at = { note: null, decidedAt: CACHE_NOW.toISOString() };
      const handed = { id: idOf(1, 0xb), troubledId, ...at };
      cache.object(handed);
      cache.takeToSend(1);
      cache.putAnswers([answerTo(handed.id, { status: 'approved', version: 2 })]);
      pull(cache, [headOf(1, { status: 'approved', version: 2 })], { epoch: 'epoch 2' });
      const asked = cache.toVerify(9);
      expect(
        cache.putVerified(
          asked,
          asked.filter(({ id }) => id === troubledId).map(({ id }) => ({ id, waits: false })),
        ),
      ).toEqual([handed.id, troubledId]);
      expect(cache.outgoing(handed.id)).toMatchObject({ state: 'returned', resolution: 'kept' });
      expect(cache.outgoing(troubledId)).toMatchObject({ state: 'conflict', resolution: null });
      expect(cache.counts()).toMatchObject({ troubled: 1 });
      cache.object({ ...handed, id: idOf(2, 0xb) });
      expect(cache.takeToSend(9)).toMatchObject([{ kind: 'object', id: idOf(2, 0xb) }]);
    }));

  it('is asked for where no pull has told of it, and everything is pulled again where it is gone', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      cache.doubt();
      expect(cache.toVerify(9)).toEqual([]);
      answered(cache, 1);
      cache.doubt();
      pull(cache, [], { full: false, cursor: 'cursor 2' });
      cache.putVerified(cache.toVerify(9), []);
      expect([stateOf(cache, 1), cache.position()?.cursor]).toEqual(['returned', '']);
      pull(cache, [headOf(1), headOf(2)]);
      expect(shown(cache).ids).toContain(idOf(1));
    }));
});

describe('what came back of one session', () => {
  const sessionId = idOf(1, 5);
  const ALL = [1, 2, 3, 4, 5];
  const asks = { decision: 'escalate', reason: 'needs_lead' } as const;
  const decidedAt = CACHE_NOW.toISOString();
  const objectionTo = (troubled: Outgoing): string => troubled.id.replace(/^./, 'f');
  const handing = (troubledId: string, count: number): Parameters<Cache['objectAll']>[0] => ({
    troubledId,
    count,
    decidedAt,
    of: (troubled) => ({ id: objectionTo(troubled), asks, note: 'too late' }),
  });

  /** All was applied and taken back, and every undo came too late. */
  const allLate = (cache: Cache): readonly Outgoing[] => {
    pull(
      cache,
      [...ALL, 9].map((number) => headOf(number)),
    );
    const calls = ALL.map((number) => decisionOn(number, { sessionId }));
    const made = cache.decideMany(calls, { lead: false }).taken;
    cache.takeToSend(9);
    cache.putAnswers(made.map(({ id }) => answerTo(id)));
    const { undos } = cache.withdrawSession(sessionId, undoingFrom(1));
    cache.takeToSend(9);
    cache.putAnswers(undos.map(({ id }) => answerTo(id, { outcome: 'not_allowed', message: UNDO_IS_LATE })));
    return undos;
  };

  it('is handed to a lead in one go, each with an objection of its own, and once', () =>
    withCache((first, reopened) => {
      const [one, two] = allLate(first).map(({ id }) => id);
      // Another one, of no session.
      first.decide(decisionOn(9));
      first.takeToSend(1);
      first.putAnswers([answerTo(decisionOn(9).id, { outcome: 'conflict', status: 'approved' })]);
      expect(first.alike(one ?? '')).toEqual({ troubled: 5, toHand: 5 });
      expect(first.alike(decisionOn(9).id)).toEqual({ troubled: 1, toHand: 1 });
      expect(() => first.objectAll(handing(one ?? '', 4))).toThrow(/look again/);
      first.object({ id: idOf(1, 0xb), troubledId: one ?? '', asks, note: null, decidedAt });
      expect(() => first.objectAll(handing(two ?? '', 5))).toThrow(/There are 4 of them by now/);
      const done = first.objectAll(handing(two ?? '', 4));
      expect(done.map(({ kind, resolution }) => [kind, resolution])).toEqual([
        ...ALL.slice(1).map(() => ['undo', 'handed_to_lead']),
        ...ALL.slice(1).map(() => ['object', null]),
      ]);
      const cache = reopened();
      expect(cache.objectAll(handing(two ?? '', 4))).toMatchObject([{ id: two, resolution: 'handed_to_lead' }]);
      expect(cache.counts()).toMatchObject({ troubled: 1, waiting: 5 });
      expect(cache.takeToSend(9)).toMatchObject(
        ALL.map((number) => ({ kind: 'object', itemId: idOf(number), ...asks })),
      );
    }));

  it('is left as it is in one go', () =>
    withCache((cache) => {
      const [one] = allLate(cache).map(({ id }) => id);
      expect(() => cache.keepAll({ troubledId: one ?? '', count: 6 })).toThrow(/look again/);
      expect(cache.keepAll({ troubledId: one ?? '', count: 5 })).toHaveLength(5);
      expect(cache.keepAll({ troubledId: one ?? '', count: 5 })).toMatchObject([{ id: one, resolution: 'kept' }]);
      expect(cache.counts()).toMatchObject({ troubled: 0, waiting: 0 });
    }));

  it('is handed over only where something stands and no lead has it, and no lead is asked without a reason', () =>
    withCache((cache) => {
      const [one, two, three] = allLate(cache).map(({ id }) => id);
      // Somebody reversed the first, and escalated the second after that.
      pull(cache, [headOf(1, { version: 3 }), headOf(2, { version: 4, status: 'escalated' })], { full: false });
      expect(cache.alike(three ?? '')).toEqual({ troubled: 5, toHand: 3 });
      const call = { id: idOf(1, 0xb), note: null, decidedAt };
      expect(() => cache.object({ ...call, troubledId: one ?? '', asks })).toThrow(/nothing left to undo/);
      expect(() => cache.object({ ...call, troubledId: two ?? '', asks })).toThrow(/with a lead already/);
      expect(() => cache.object({ ...call, troubledId: three ?? '' })).toThrow(/not known here yet/);
      cache.objectAll(handing(three ?? '', 3));
      expect(cache.alike(one ?? '')).toEqual({ troubled: 2, toHand: 0 });
      // What no lead took is to be settled again, each by itself.
      const [sent] = cache.takeToSend(1);
      const message = 'This case is open: decide it instead of handing it to a lead.';
      cache.putAnswers([answerTo(sent?.id ?? '', { outcome: 'not_allowed', status: 'pending', version: 5, message })]);
      expect(cache.alike(one ?? '')).toEqual({ troubled: 3, toHand: 0 });
    }));

  it('counts what came back in another way, or was decided, by itself', () =>
    withCache((cache) => {
      pull(
        cache,
        ALL.map((number) => headOf(number)),
      );
      const calls = ALL.map((number) => decisionOn(number, { sessionId }));
      cache.decideMany(calls, { lead: false });
      cache.takeToSend(9);
      const [first, second, third, fourth, fifth] = calls.map(({ id }) => id);
      cache.putAnswers([
        answerTo(first ?? '', { outcome: 'conflict', status: 'approved' }),
        answerTo(second ?? '', { outcome: 'conflict', status: 'escalated' }),
        answerTo(third ?? '', { outcome: 'returned', status: 'pending', version: 1 }),
        answerTo(fourth ?? ''),
        answerTo(fifth ?? '', { outcome: 'not_allowed', status: 'pending', version: 1 }),
      ]);
      expect(cache.alike(first ?? '')).toEqual({ troubled: 2, toHand: 2 });
      expect(cache.alike(third ?? '')).toEqual({ troubled: 1, toHand: 0 });
      expect(cache.alike(fifth ?? '')).toEqual({ troubled: 1, toHand: 0 });
      expect(cache.isUndoRefused(fourth ?? '')).toBe(false);
      // A decision asks for itself.
      cache.objectAll(handing(first ?? '', 2));
      const sent = cache.takeToSend(9);
      expect(sent).toMatchObject(
        [1, 2].map((number) => ({ kind: 'object', itemId: idOf(number), decision: 'reject' })),
      );
    }));
});
