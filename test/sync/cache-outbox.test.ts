import { describe, expect, it } from 'vitest';
import { UNDELIVERED } from '../../core/domain/outbox.ts';
import type { Cache } from '../../core/cache/cache.ts';
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
  withCache,
} from '../support/cache.ts';

/** Undos with ids of their own, from this number on. */
function undoingFrom(number: number, appliedFrom = 0): Parameters<Cache['withdrawSession']>[1] {
  return { newId: () => idOf(number++, 0xe), note: null, decidedAt: CACHE_NOW.toISOString(), appliedFrom };
}

const ANALYST = { lead: false };

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
      // Its version stays that of the evidence beside it: what is decided next is expected on what was looked at.
      expect(cache.caseOf(idOf(1))).toMatchObject({ head: { status: 'rejected', version: 1 }, outgoing: null });
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

  it('of a session is taken back as a whole: withdrawn where it waits, and by an undo each where it was sent', () =>
    withCache((first, reopened) => {
      pull(
        first,
        [1, 2, 3, 4, 5, 6].map((number) => headOf(number)),
      );
      const sessionId = idOf(1, 5);
      const made = first.decideMany(
        [1, 2, 3, 4, 5].map((number) => decisionOn(number, { sessionId })),
        ANALYST,
      ).taken;
      const other = first.decide(decisionOn(6));
      first.takeToSend(4);
      const [applied, waits, lost, conflicting] = made.map(({ id }) => id);
      first.putAnswers([
        answerTo(applied ?? ''),
        answerTo(waits ?? '', { outcome: 'awaiting_second', status: 'pending', version: 1 }),
        answerTo(conflicting ?? '', { outcome: 'conflict', status: 'approved' }),
      ]);
      first.putBack([lost ?? ''], null);
      const back = first.withdrawSession(sessionId, undoingFrom(1));
      expect(back.withdrawn).toBe(1);
      expect(back.undos.map(({ undoes }) => undoes)).toEqual([applied, waits, lost]);
      const cache = reopened();
      // Asked for again, nothing is taken back twice, and no undo is withdrawn.
      expect(cache.withdrawSession(sessionId, undoingFrom(9))).toEqual({ withdrawn: 0, undos: [], late: 0 });
      expect(cache.outgoing(other.id)).toMatchObject({ state: 'queued' });
      const sent = cache.takeToSend(9);
      expect(sent.map((one) => (one.kind === 'undo' ? one.undoes : one.id))).toEqual([lost, other.id, applied, waits]);
      // Whether it had arrived is known now: its undo follows it.
      cache.putAnswers([answerTo(lost ?? '')]);
      expect(cache.takeToSend(9)).toMatchObject([{ kind: 'undo', undoes: lost }]);
      cache.putAnswers(back.undos.map(({ id }) => answerTo(id, { status: 'pending', version: 3 })));
      expect(new Set(shown(cache).ids)).toEqual(new Set([1, 2, 3, 5].map((number) => idOf(number))));
    }));
});

describe('a bulk session that is taken back', () => {
  const sessionId = idOf(1, 5);
  const at = (minutes: number): string => new Date(CACHE_NOW.getTime() + minutes * 60_000).toISOString();

  it('leaves to a lead what had its effect too long ago', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2), headOf(3)]);
      const made = cache.decideMany(
        [1, 2, 3].map((number) => decisionOn(number, { sessionId })),
        ANALYST,
      ).taken;
      const answered = (minutes: number): void => {
        const [sent] = cache.takeToSend(1);
        cache.putAnswers([answerTo(sent?.id ?? '')]);
        pull(cache, [], { full: false, at: at(minutes) });
      };
      answered(1);
      answered(5);
      expect(cache.withdrawSession(sessionId, undoingFrom(1, Date.parse(at(2))))).toMatchObject({
        withdrawn: 1,
        undos: [{ undoes: made[1]?.id }],
        late: 1,
      });
    }));

  it('is over: the same decisions sent in again are none', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const calls = [decisionOn(1, { sessionId })];
      cache.decideMany(calls, ANALYST);
      cache.withdrawSession(sessionId, undoingFrom(1));
      expect(cache.decideMany(calls, ANALYST)).toEqual({
        taken: [],
        skipped: [{ itemId: idOf(1), why: 'This was taken back: choose it in a new session.' }],
        awaitingSecond: 0,
      });
      expect(cache.decideMany([decisionOn(1, { id: idOf(1, 0xf) })], ANALYST).taken).toHaveLength(1);
    }));
});

describe('a bulk session that is put into the outbox again', () => {
  const sessionId = idOf(1, 5);

  it('counts what is under way or stands, and leaves out what came back or was undone, with why', () =>
    withCache((cache) => {
      const numbers = [1, 2, 3, 4, 5, 6, 7];
      pull(
        cache,
        numbers.map((number) => headOf(number)),
      );
      const calls = numbers.map((number) => decisionOn(number, { sessionId }));
      const made = cache.decideMany(calls, ANALYST).taken.map(({ id }) => id);
      cache.takeToSend(6);
      cache.putAnswers([
        answerTo(made[0] ?? ''),
        answerTo(made[1] ?? '', { outcome: 'returned', status: 'pending', version: 2 }),
        answerTo(made[2] ?? '', { outcome: 'conflict', status: 'approved' }),
        answerTo(made[3] ?? '', { outcome: 'not_allowed', status: 'pending', version: 1 }),
        answerTo(made[4] ?? ''),
        answerTo(made[5] ?? ''),
      ]);
      cache.resolve(made[2] ?? '', 'kept');
      cache.undo({ id: idOf(5, 0xf), decisionId: made[4] ?? '', note: null, decidedAt: CACHE_NOW.toISOString() });
      // A lead took the sixth back.
      pull(cache, [headOf(6, { version: 3 })], { full: false });
      const again = cache.foresee(calls, ANALYST);
      expect(again.taken.map(({ itemId }) => itemId)).toEqual([idOf(1), idOf(7)]);
      expect(again.skipped).toEqual([
        { itemId: idOf(2), why: 'This came back, since the case has changed: settle it in the outbox.' },
        { itemId: idOf(3), why: 'This was decided otherwise meanwhile: choose it in a new session.' },
        { itemId: idOf(4), why: 'This was refused: settle it in the outbox.' },
        { itemId: idOf(5), why: 'This was undone: choose it in a new session.' },
        { itemId: idOf(6), why: 'This was undone: choose it in a new session.' },
      ]);
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

describe('an undo off-line', () => {
  const undoOf = (
    decisionId: string,
    number = 1,
  ): { id: string; decisionId: string; note: null; decidedAt: string } => ({
    id: idOf(number, 0xe),
    decisionId,
    note: null,
    decidedAt: CACHE_NOW.toISOString(),
  });
  const applied = (cache: Cache, id: string): void => {
    cache.takeToSend(1);
    cache.putAnswers([answerTo(id)]);
    pull(cache, [headOf(1, { status: 'rejected', version: 2, stamp: 's2' })], { full: false });
  };

  it('opens the case again at once, which may be decided anew: the undo is sent first', () =>
    withCache((first, reopened) => {
      pull(first, [headOf(1)]);
      const { id } = first.decide(decisionOn(1));
      applied(first, id);
      expect(shown(first).ids).toEqual([]);
      const undo = first.undo(undoOf(id));
      const cache = reopened();
      expect(shown(cache).ids).toEqual([idOf(1)]);
      expect(cache.queueSummary(CACHE_NOW).byStatus).toMatchObject({ pending: 1, rejected: 0 });
      expect(cache.queueNext(filterOf({ statuses: [] }), null)).toBe(idOf(1));
      expect(cache.caseOf(idOf(1))).toMatchObject({ overlay: { id: undo.id, status: 'pending' }, takenBack: [id] });
      // A pull that knows nothing of it changes nothing of that.
      pull(cache, [headOf(1, { status: 'rejected', version: 2, stamp: 's3' })], { full: false });
      pull(cache, [headOf(1, { status: 'rejected', version: 2, stamp: 's3' })]);
      expect(shown(cache).ids).toEqual([idOf(1)]);

      const again = cache.decide(decisionOn(1, { id: idOf(2, 0xd), decision: 'approve', expectedVersion: 2 }));
      expect(shown(cache, { statuses: ['approved'] }).ids).toEqual([idOf(1)]);
      expect(cache.caseOf(idOf(1))).toMatchObject({ overlay: { id: again.id }, takenBack: [id] });
      expect(() => cache.decide(decisionOn(1, { id: idOf(3, 0xd) }))).toThrow(
        expect.objectContaining({ code: 'undelivered' }),
      );
      // Behind nothing it would meet what was to be taken back.
      expect(() => cache.withdraw(undo.id)).toThrow(/decided again since/);
      expect(cache.takeToSend(9).map((one) => one.id)).toEqual([undo.id]);
      expect(cache.takeToSend(9)).toEqual([]);
      cache.putAnswers([answerTo(undo.id, { status: 'pending', version: 3 })]);
      expect(cache.takeToSend(9).map((one) => one.id)).toEqual([again.id]);
      cache.putAnswers([answerTo(again.id, { status: 'approved', version: 4 })]);
      expect(shown(cache, { statuses: ['approved'] }).ids).toEqual([idOf(1)]);
    }));

  it('that fails leaves the case as the server has it, and what was decided after it to the rules there', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const { id } = cache.decide(decisionOn(1));
      applied(cache, id);
      const undo = cache.undo(undoOf(id));
      const again = cache.decide(decisionOn(1, { id: idOf(2, 0xd), decision: 'approve', expectedVersion: 2 }));
      cache.takeToSend(9);
      cache.putAnswers([answerTo(undo.id, { outcome: 'not_allowed', message: 'Too late.' })]);
      expect(cache.takeToSend(9).map((one) => one.id)).toEqual([again.id]);
      cache.putAnswers([answerTo(again.id, { outcome: 'conflict' })]);
      expect(shown(cache, { statuses: ['rejected'] }).ids).toEqual([idOf(1)]);
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 2 });
    }));

  it('of what a lead decided is with a lead again, and one of what may have arrived goes behind it', () =>
    withCache((cache) => {
      pull(cache, [headOf(1, { status: 'escalated' })]);
      const first = cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putBack([first.id], 'The connection was cut.');
      const undo = cache.undo(undoOf(first.id));
      expect(shown(cache, { statuses: ['escalated'] }).ids).toEqual([idOf(1)]);
      const again = cache.decide(decisionOn(1, { id: idOf(2, 0xd), decision: 'approve' }));
      expect(cache.takeToSend(9).map((one) => one.id)).toEqual([first.id]);
      cache.putAnswers([answerTo(first.id, { outcome: 'conflict', status: 'approved', version: 2 })]);
      expect(cache.outgoing(undo.id)).toMatchObject({ state: 'withdrawn' });
      expect(cache.takeToSend(9).map((one) => one.id)).toEqual([again.id]);
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
      cache.putAnswers([answerTo(id, { outcome: 'awaiting_second', status: 'pending', version: 2 })]);
      expect(cache.awaiting(5)).toEqual([]);
      pull(cache, [headOf(1, { version: 4, status: 'rejected' })], { full: false });
      expect(cache.awaiting(5)).toHaveLength(1);
      cache.putAnswers([answerTo(id, { version: 4 })]);
      expect(cache.outgoing(id)).toMatchObject({ state: 'applied' });
    }));
});

describe('taking back', () => {
  const undo = (number: number) => ({
    id: idOf(number, 0xf),
    decisionId: decisionOn(number).id,
    note: null,
    decidedAt: CACHE_NOW.toISOString(),
  });

  it('withdraws what was not sent, and the case is open again', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      expect(cache.undo(undo(1))).toMatchObject({ id: decisionOn(1).id, state: 'withdrawn', rejected: 0 });
      expect(cache.undo(undo(1))).toMatchObject({ id: decisionOn(1).id, state: 'withdrawn' });
      expect(shown(cache).ids).toEqual([idOf(1)]);
      expect(cache.takeToSend(5)).toEqual([]);
      cache.decide(decisionOn(1, { id: idOf(7), decision: 'approve' }));
      expect(cache.takeToSend(5)).toMatchObject([{ id: idOf(7), decision: 'approve' }]);
    }));

  it('is refused for what had no effect and for what is taken back already', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      for (const number of [1, 2]) cache.decide(decisionOn(number));
      cache.takeToSend(5);
      cache.putAnswers([
        answerTo(decisionOn(1).id),
        answerTo(decisionOn(2).id, { outcome: 'conflict', status: 'approved' }),
      ]);
      expect(() => cache.undo(undo(2))).toThrow(/had no effect/);
      const made = cache.undo(undo(1));
      expect(cache.undo(undo(1))).toEqual(made);
      expect(() => cache.undo({ ...undo(1), id: idOf(8, 8) })).toThrow(/taken back already/);
      expect(() => cache.undo({ ...undo(1), decisionId: idOf(77, 7), id: idOf(8, 8) })).toThrow(
        /not known on this computer/,
      );
    }));

  it('of what waits for a second analyst ends its waiting', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'awaiting_second', status: 'pending' })]);
      cache.undo(undo(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(undo(1).id, { status: 'pending', version: 3 })]);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'withdrawn' });
      expect(cache.counts()).toMatchObject({ waiting: 0, awaitingSecond: 0, troubled: 0 });
    }));

  it('of what another computer took back before ends its waiting too', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'awaiting_second', status: 'pending' })]);
      cache.undo(undo(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(undo(1).id, { outcome: 'agreed', status: 'pending', version: 3 })]);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'withdrawn' });
      expect(cache.counts()).toMatchObject({ waiting: 0, awaitingSecond: 0, troubled: 0 });
    }));
});

describe('an undo whose answer was lost', () => {
  it('is sent again although the decision is told to have no effect, which may be its work', () =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      const { id } = cache.decide(decisionOn(1));
      cache.takeToSend(1);
      cache.putAnswers([answerTo(id, { outcome: 'awaiting_second', status: 'pending' })]);
      const call = { id: idOf(1, 0xf), decisionId: id, note: null, decidedAt: CACHE_NOW.toISOString() };
      cache.undo(call);
      const sent = cache.takeToSend(1);
      cache.putBack([call.id], 'The connection was cut.');
      cache.putAnswers([answerTo(id, { outcome: 'returned', status: 'pending', version: 3 })]);
      expect(cache.takeToSend(1)).toEqual(sent);
      cache.putAnswers([answerTo(call.id, { status: 'pending', version: 3 })]);
      expect(cache.outgoing(id)).toMatchObject({ state: 'withdrawn' });
      expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 0, awaitingSecond: 0 });
    }));
});

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
