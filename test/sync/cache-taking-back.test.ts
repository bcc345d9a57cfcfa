import { describe, expect, it } from 'vitest';
import type { Cache } from '../../core/cache/cache.ts';
import {
  answerTo,
  CACHE_NOW,
  decisionOn,
  filterOf,
  headOf,
  idOf,
  pull,
  shown,
  undoingFrom,
  withCache,
} from '../support/cache.ts';

const ANALYST = { lead: false };

const undo = (number: number) => ({
  id: idOf(number, 0xf),
  decisionId: decisionOn(number).id,
  note: null,
  decidedAt: CACHE_NOW.toISOString(),
});

describe('taking back', () => {
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

  it('is told of the decision too once the server has done it, and not before', () =>
    withCache((cache) => {
      pull(cache, [headOf(1), headOf(2)]);
      for (const number of [1, 2]) cache.decide(decisionOn(number));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(decisionOn(1).id), answerTo(decisionOn(2).id)]);
      const made = cache.undo(undo(1));
      const undone = (): boolean[] =>
        cache
          .outbox({ states: ['applied'], offset: 0, limit: 9 })
          .rows.flatMap(({ kind, isUndone }) => (kind === 'decide' ? [isUndone] : []));
      expect(undone()).toEqual([false, false]);
      cache.takeToSend(5);
      cache.putAnswers([answerTo(made.id)]);
      // Newest first.
      expect(undone()).toEqual([false, true]);
      const first = cache.outgoing(decisionOn(1).id);
      expect(first === null ? null : cache.rowOf(first)).toMatchObject({ state: 'applied', isUndone: true });
    }));

  it.each([
    ['here', 'applied'],
    ['on another computer before', 'agreed'],
  ] as const)('of what waits for a second analyst ends its waiting: %s', (_, outcome) =>
    withCache((cache) => {
      pull(cache, [headOf(1)]);
      cache.decide(decisionOn(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(decisionOn(1).id, { outcome: 'awaiting_second', status: 'pending' })]);
      cache.undo(undo(1));
      cache.takeToSend(5);
      cache.putAnswers([answerTo(undo(1).id, { outcome, status: 'pending', version: 3 })]);
      expect(cache.outgoing(decisionOn(1).id)).toMatchObject({ state: 'withdrawn' });
      expect(cache.counts()).toMatchObject({ waiting: 0, awaitingSecond: 0, troubled: 0 });
    }),
  );
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

describe('a bulk session that is taken back', () => {
  const sessionId = idOf(1, 5);

  it('as a whole is withdrawn where it waits, and by an undo each where it was sent', () =>
    withCache((first, reopened) => {
      pull(
        first,
        [1, 2, 3, 4, 5, 6].map((number) => headOf(number)),
      );
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
      expect(cache.withdrawSession(sessionId, undoingFrom(9))).toEqual({ withdrawn: 0, undos: [] });
      expect(cache.outgoing(other.id)).toMatchObject({ state: 'queued' });
      const sent = cache.takeToSend(9);
      expect(sent.map((one) => (one.kind === 'undo' ? one.undoes : one.id))).toEqual([lost, other.id, applied, waits]);
      // Whether it had arrived is known now: its undo follows it.
      cache.putAnswers([answerTo(lost ?? '')]);
      expect(cache.takeToSend(9)).toMatchObject([{ kind: 'undo', undoes: lost }]);
      cache.putAnswers(back.undos.map(({ id }) => answerTo(id, { status: 'pending', version: 3 })));
      expect(new Set(shown(cache).ids)).toEqual(new Set([1, 2, 3, 5].map((number) => idOf(number))));
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
