import { describe, expect, it } from 'vitest';
import type { Cache } from '../../core/cache/cache.ts';
import { ERASED_NAME } from '../../core/domain/erased.ts';
import { answerTo, decisionOn, headOf, idOf, NO_NEWS, pull, shown, withCache } from '../support/cache.ts';

/** Runs `work` on two caches: what is adopted goes from the first to the second. */
const withTwo = (work: (there: Cache, here: Cache) => void): Promise<void> =>
  withCache((there) => withCache((here) => work(there, here)));

const states = (cache: Cache): string[] =>
  cache
    .outbox({ states: [], offset: 0, limit: 100 })
    .rows.toReversed()
    .map(({ id, state }) => `${Number.parseInt(id.slice(0, 8), 16)} ${state}`);

describe('an outbox that is taken over', () => {
  it('comes as it is, in its order, behind what is here; what was being sent is sent again with its key', async () => {
    await withTwo((there, here) => {
      pull(
        there,
        [1, 2, 3, 4].map((number) => headOf(number)),
      );
      for (const number of [1, 2, 3, 4]) there.decide(decisionOn(number));
      there.takeToSend(2);
      there.putAnswers([answerTo(idOf(1, 0xd), { outcome: 'conflict', message: 'No.' })]);
      pull(
        here,
        [2, 3, 4, 5].map((number) => headOf(number)),
      );
      here.decide(decisionOn(5));
      const ids = here.adopt(there.operations());
      expect(ids).toEqual([1, 2, 3, 4].map((number) => idOf(number, 0xd)));
      expect(states(here)).toEqual(['5 queued', '1 conflict', '2 queued', '3 queued', '4 queued']);
      expect(here.counts()).toMatchObject({ waiting: 4, troubled: 1 });
      // Its effect is not known: it is not withdrawn as if nobody had heard of it.
      expect(() => here.withdraw(idOf(2, 0xd))).toThrow(/sent/);
      expect(shown(here, { statuses: ['pending'] }).ids).toEqual([]);
      expect(there.letGo(ids)).toBe(0);
      expect(states(there)).toEqual([]);
      // Once more, as after a crash in between, changes nothing.
      expect(here.adopt(there.operations())).toEqual([]);
      expect(states(here)).toHaveLength(5);
    });
  });

  it('leaves there what is about a case on which something else of here waits', async () => {
    await withTwo((there, here) => {
      for (const cache of [there, here]) pull(cache, [headOf(1), headOf(2)]);
      there.decide(decisionOn(1));
      there.decide(decisionOn(2));
      const other = { id: idOf(9, 0xd) };
      here.decide(decisionOn(1, other));
      expect(here.adopt(there.operations())).toEqual([idOf(2, 0xd)]);
      expect(there.letGo([idOf(2, 0xd)])).toBe(1);
      here.takeToSend(9);
      here.putAnswers([answerTo(other.id), answerTo(idOf(2, 0xd))]);
      expect(here.adopt(there.operations())).toEqual([idOf(1, 0xd)]);
    });
  });

  it('is asked for where the server answered it, and calls nobody by a name that is erased', async () => {
    await withTwo((there, here) => {
      pull(there, [headOf(1), headOf(2)]);
      there.decide(decisionOn(1));
      there.takeToSend(1);
      there.putAnswers([answerTo(idOf(1, 0xd))]);
      there.decide(decisionOn(2));
      pull(here, [headOf(1), headOf(2, { refereeName: ERASED_NAME })]);
      here.putVerified(here.toVerify(10), []);
      expect(here.toVerify(10)).toEqual([]);
      here.adopt(there.operations());
      here.doubt();
      expect(here.toVerify(10)).toEqual([{ id: idOf(1, 0xd), itemId: idOf(1) }]);
      const erased = here.outgoing(idOf(2, 0xd))!;
      expect(here.rowOf(erased)).toMatchObject({ referrerName: 'Till S.', refereeName: ERASED_NAME });
    });
  });

  it('calls nobody by a name that was erased before, where the case is not kept here either', async () => {
    await withTwo((there, here) => {
      pull(there, [headOf(1)]);
      there.decide(decisionOn(1));
      pull(here, [headOf(2)]);
      pull(here, [], { full: false, erased: ['referrer-1'] });
      here.adopt(there.operations());
      const made = here.outgoing(decisionOn(1).id)!;
      expect(here.rowOf(made)).toMatchObject({ referrerName: ERASED_NAME, refereeName: 'Ada L.' });
    });
  });

  it('of another epoch waits for a pull of everything, and a pull under way counts for nothing', async () => {
    await withTwo((there, here) => {
      pull(there, [headOf(1, { version: 7 })]);
      there.decide(decisionOn(1, { expectedVersion: 7 }));
      pull(here, [headOf(1, { version: 2 })], { epoch: 'epoch 2' });
      const underWay = here.beginPull();
      here.leaveEpoch(null);
      here.adopt(there.operations());
      here.endPull(underWay, { epoch: 'epoch 2', cursor: 'late', full: false, ...NO_NEWS }, null);
      expect(here.position()).toEqual({ epoch: '', cursor: '' });
      pull(here, [headOf(1, { version: 2 })], { epoch: 'epoch 2' });
      expect(here.takeToSend(1)).toMatchObject([{ id: idOf(1, 0xd), expectedVersion: 2 }]);
    });
  });
});
