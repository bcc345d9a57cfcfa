import { describe, expect, it } from 'vitest';
import { type Operation, type PullEnd, ServerFailure } from '../../core/sync/ports.ts';
import { keptFacts, NO_NEWS } from '../support/cache.ts';
import { MemoryStore } from '../support/simulation/memory-store.ts';
import { APPLIED, ITEM, openHead, scripted } from '../support/simulation/scripted.ts';

const never = new Promise<never>(() => undefined);
const link = (): Promise<never> => Promise.reject(new ServerFailure('link', 'The server cannot be reached.'));

describe('without contact', () => {
  it('says since when, why, and when it tries again, each time later up to a minute', async () => {
    const { sync, scheduler, calls } = scripted({ hello: link });
    await scheduler.runTo(0);
    const { nextTryAt, ...status } = sync.status();
    expect(status).toMatchObject({
      link: 'offline',
      offlineSince: '2026-11-22T12:00:00.000Z',
      reason: 'The server cannot be reached.',
    });
    expect(nextTryAt).toBe('2026-11-22T12:00:02.000Z');
    const tries: number[] = [];
    for (let second = 1; second <= 250; second += 1) {
      const before = calls.length;
      await scheduler.runTo(second * 1000);
      if (calls.length > before) tries.push(second);
    }
    expect(tries).toEqual([2, 6, 14, 30, 62, 122, 182, 242]);
    expect(sync.status().offlineSince).toBe('2026-11-22T12:00:00.000Z');
  });

  it('tries at once when a person says so, and not for a decision', async () => {
    const { sync, scheduler, calls } = scripted({ hello: link });
    await scheduler.runTo(20_000);
    const before = calls.length;
    sync.pushSoon();
    await scheduler.runTo(20_001);
    expect(calls.length).toBe(before);
    sync.now();
    await scheduler.runTo(20_002);
    expect(calls.length).toBe(before + 1);
  });

  it('fetches no case, and says why', async () => {
    const { sync, scheduler } = scripted({ hello: link });
    await scheduler.runTo(0);
    await expect(sync.refresh([ITEM])).rejects.toMatchObject({
      kind: 'link',
      message: 'The server cannot be reached.',
    });
  });
});

describe('with contact', () => {
  it('pulls, sends what waits, and keeps the evidence of what is open', async () => {
    const { sync, scheduler, calls, store, told, decide } = scripted();
    await scheduler.runTo(100);
    expect(calls).toEqual(['hello', 'pull', 'reference', 'facts']);
    expect(store.look(ITEM)?.facts).toBe('{}');
    expect(new Set(told)).toEqual(new Set(['online']));
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(101);
    expect(store.rows()).toMatchObject([{ id: 'd1', state: 'applied' }]);
    expect(sync.status()).toMatchObject({ link: 'online', reason: null, pulledAt: '2026-11-22T12:00:00.000Z' });
  });

  it('is off-line soon where somebody waited in vain and no sign of life comes, and sends what it gave up', async () => {
    let isSilent = false;
    const silently = <Value>(value: Value): Promise<Value> => (isSilent ? never : Promise.resolve(value));
    const { sync, scheduler, store, decide } = scripted({
      push: (operations) => silently(operations.map(({ id }) => ({ id, ...APPLIED }))),
      known: (sent) => silently(sent.map(({ id }) => ({ id, waits: false }))),
      hello: () => silently({ epoch: 'one', analyst: 'mira', role: 'analyst' }),
    });
    await scheduler.runTo(100);
    isSilent = true;
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(200);
    expect(store.rows()).toMatchObject([{ state: 'sending' }]);
    const sign = sync.probe();
    await scheduler.runTo(4_100);
    expect(sync.status()).toMatchObject({ link: 'online' });
    await scheduler.runTo(4_300);
    expect(sync.status()).toMatchObject({ link: 'offline', reason: 'The server did not answer for 4 s.' });
    expect(await sign).toBe(false);
    expect(store.rows()).toMatchObject([{ state: 'queued' }]);
    isSilent = false;
    await scheduler.runTo(30_000);
    expect(sync.status()).toMatchObject({ link: 'online' });
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
  });

  it('gives nothing up that takes long where there is a sign of life', async () => {
    const { sync, scheduler, store, decide } = scripted({ push: () => never });
    await scheduler.runTo(100);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(200);
    expect(await sync.probe()).toBe(true);
    await scheduler.runTo(20_000);
    expect(sync.status()).toMatchObject({ link: 'online' });
    expect(store.rows()).toMatchObject([{ state: 'sending' }]);
  });

  it('pulls once for many hints, and again for one that comes meanwhile', async () => {
    let hint = (): void => undefined;
    const pulls: number[] = [];
    const { scheduler } = scripted({
      onHint: (given) => {
        hint = given;
        return () => undefined;
      },
      pull: async (since) => {
        pulls.push(scheduler.now);
        await scheduler.pause(50);
        return { epoch: 'one', cursor: 'c', full: since === null, ...NO_NEWS };
      },
    });
    await scheduler.runTo(1_000);
    for (let nth = 0; nth < 10; nth += 1) hint();
    await scheduler.runTo(1_310);
    hint();
    await scheduler.runTo(1_900);
    expect(pulls).toEqual([0, 1_300, 1_650]);
  });

  it('rests between two pulls, however long they take and however often somebody hints', async () => {
    let hint = (): void => undefined;
    const pulls: number[] = [];
    const { scheduler } = scripted({
      onHint: (given) => {
        hint = given;
        return () => undefined;
      },
      pull: async (since) => {
        pulls.push(scheduler.now);
        await scheduler.pause(700);
        return { epoch: 'one', cursor: 'c', full: since === null, ...NO_NEWS };
      },
    });
    for (let now = 0; now < 4_000; now += 5) {
      await scheduler.runTo(now);
      hint();
    }
    expect(pulls).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('gives up what never answers after half a minute, and sends it again under the same key', async () => {
    const sent: string[][] = [];
    const { sync, scheduler, store, told, decide } = scripted({
      push: (operations) => {
        sent.push(operations.map(({ id }) => id));
        return sent.length === 1 ? never : Promise.resolve([]);
      },
    });
    await scheduler.runTo(100);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(30_050);
    expect(store.rows()).toMatchObject([{ id: 'd1', state: 'sending' }]);
    await scheduler.runTo(30_150);
    expect(store.rows()).toMatchObject([{ id: 'd1', state: 'queued' }]);
    expect(told).toContain('offline: The server did not answer for 30 s.');
    await scheduler.runTo(33_000);
    expect(sent.slice(0, 2)).toEqual([['d1'], ['d1']]);
  });

  it('tries again at once where the server is busy', async () => {
    let busy = 3;
    const { sync, scheduler, store, decide, told } = scripted({
      push: async (operations) => {
        busy -= 1;
        if (busy >= 0) throw new ServerFailure('busy', 'Somebody else was first.');
        return operations.map(({ id }) => ({ ...APPLIED, id }));
      },
    });
    await scheduler.runTo(100);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(900);
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
    expect(told.filter((line) => line.startsWith('offline'))).toEqual([]);
  });

  it('keeps what a login may not send now, tries again seldom, and goes on with all else', async () => {
    const store = storeOf(3);
    let mayOnlyLook = true;
    const push = async (operations: readonly Operation[]): Promise<(typeof APPLIED & { id: string })[]> => {
      if (mayOnlyLook) throw new ServerFailure('refused', 'This login may only look at present.');
      return operations.map(({ id }) => ({ ...APPLIED, id }));
    };
    const { sync, scheduler, calls } = scripted({ push, pull: nothingNew }, { store });
    await scheduler.runTo(300_000);
    expect(store.rows().map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
    expect(sync.status()).toMatchObject({ link: 'online', reason: 'This login may only look at present.' });
    const times = (call: string): number => calls.filter((one) => one === call).length;
    expect(times('push')).toBeLessThan(25);
    expect(times('pull')).toBeGreaterThan(100);
    mayOnlyLook = false;
    sync.now();
    await scheduler.runTo(300_100);
    expect(store.rows().map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
    expect(sync.status().reason).toBeNull();
  });

  it('tells of what waits for a second analyst when it waits no more, however often it is asked', async () => {
    const rows: string[][] = [];
    let pushes = 0;
    let version = 1;
    const { sync, scheduler, store, decide } = scripted(
      {
        pull: async (since, onPage) => {
          version += 1;
          const heads = [{ ...openHead(), version }];
          await onPage({ heads, gone: [], done: 1, total: 1 });
          return { epoch: 'one', cursor: 'c', full: since === null, ...NO_NEWS };
        },
        push: async (operations) => {
          pushes += 1;
          const waits = { ...APPLIED, outcome: 'awaiting_second', status: 'pending', version } as const;
          return operations.map(({ id }) => (pushes < 5 ? { ...waits, id } : { ...APPLIED, id, version }));
        },
        known: async (sent) => sent.map(({ id }) => ({ id, waits: pushes < 5 })),
      },
      { onOutbox: (ids) => rows.push([...ids]) },
    );
    await scheduler.runTo(100);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(30_000);
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
    expect(pushes).toBe(5);
    // That it is being sent, that it waits, and that it is applied.
    expect(rows).toEqual([['d1'], ['d1'], ['d1']]);
  });

  it('asks once between two pulls for evidence that is of another moment than its head', async () => {
    let asked = 0;
    const { scheduler } = scripted({
      facts: async (ids) => {
        asked += 1;
        return ids.map((itemId) => keptFacts(itemId, 'of another moment', '{}'));
      },
    });
    await scheduler.runTo(1_900);
    expect(asked).toBe(1);
    await scheduler.runTo(2_100);
    expect(asked).toBe(2);
  });

  it('sends a decision before the next slice of evidence', async () => {
    const many = Array.from({ length: 120 }, (_, nth) => openHead(`${ITEM.slice(0, -3)}${nth + 100}`));
    const { sync, scheduler, store, calls, decide } = scripted(
      {
        pull: async (since, onPage) => {
          const heads = since === null ? [openHead(), ...many] : [];
          await onPage({ heads, gone: [], done: heads.length, total: heads.length });
          return { epoch: 'one', cursor: 'c', full: since === null, ...NO_NEWS };
        },
        facts: async (ids) => {
          await scheduler.pause(10);
          return ids.map((itemId) => keptFacts(itemId, openHead(itemId).stamp, '{}'));
        },
      },
      { store: new MemoryStore(200) },
    );
    await scheduler.runTo(5);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(100);
    expect(calls.slice(calls.indexOf('facts'))).toEqual(['facts', 'push', 'facts', 'facts']);
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
  });

  it('ends at once when it is stopped, and what it was sending is queued again', async () => {
    const { sync, scheduler, store, decide } = scripted({ push: () => never });
    await scheduler.runTo(100);
    decide('d1');
    sync.pushSoon();
    await scheduler.runTo(101);
    await sync.stop();
    expect(store.rows()).toMatchObject([{ id: 'd1', state: 'queued' }]);
  });

  it('tells how far a first pull is', async () => {
    const { sync, scheduler } = scripted({
      pull: async (_since, onPage) => {
        await onPage({ heads: [openHead()], gone: [], done: 1, total: 3 });
        return never;
      },
    });
    await scheduler.runTo(10);
    expect(sync.status()).toMatchObject({ link: 'online', pulling: { done: 1, total: 3 }, pulledAt: null });
  });

  it('is over when the account is, until a person tries again', async () => {
    let isDisabled = true;
    const { sync, scheduler, told, calls } = scripted({
      hello: async () => {
        if (isDisabled) throw new ServerFailure('account', 'This account was disabled.');
        return { epoch: 'one', analyst: 'mira', role: 'analyst' };
      },
    });
    await scheduler.runTo(500_000);
    expect(told).toEqual(['offline: This account was disabled.', 'lost: This account was disabled.']);
    expect(calls).toEqual(['hello']);
    isDisabled = false;
    sync.now();
    await scheduler.runTo(500_100);
    expect(sync.status().link).toBe('online');
  });

  it('survives a fault of its own, says so, and tries again', async () => {
    let faults = 1;
    const { sync, scheduler, told } = scripted({
      reference: async () => {
        faults -= 1;
        if (faults >= 0) throw new TypeError('undefined is no function');
        return { json: '{}' };
      },
    });
    await scheduler.runTo(100);
    expect(told).toContain('log: sync: TypeError: undefined is no function');
    expect(sync.status()).toMatchObject({ link: 'offline', reason: expect.stringContaining('fault of its own') });
    await scheduler.runTo(3_000);
    expect(sync.status().link).toBe('online');
  });
});

describe('a full disk', () => {
  it('is told, stops nothing else, and leaves nothing half done', async () => {
    const store = storeOf(1);
    let isFull = true;
    const endPull = store.endPull.bind(store);
    store.endPull = (...args) => {
      if (isFull) throw new Error('The disk is full. Make room, then try again.');
      endPull(...args);
    };
    const { sync, scheduler } = scripted({ pull: nothingNew }, { store });
    await scheduler.runTo(100);
    expect(sync.status()).toMatchObject({ link: 'online', reason: 'The disk is full. Make room, then try again.' });
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
    isFull = false;
    await scheduler.runTo(10_000);
    expect(sync.status()).toMatchObject({ link: 'online', reason: null, pulledAt: expect.any(String) });
  });

  it('while an answer is written leaves the decision to be sent again', async () => {
    const store = storeOf(1);
    let isFull = true;
    const putAnswers = store.putAnswers.bind(store);
    const putBack = store.putBack.bind(store);
    const full = (): void => {
      if (isFull) throw new Error('The disk is full.');
    };
    store.putAnswers = (answers) => {
      full();
      return putAnswers(answers);
    };
    store.putBack = (ids) => {
      full();
      putBack(ids);
    };
    const { scheduler, calls } = scripted({ pull: nothingNew }, { store });
    await scheduler.runTo(100);
    expect(store.rows()).toMatchObject([{ state: 'sending' }]);
    isFull = false;
    await scheduler.runTo(10_000);
    expect(store.rows()).toMatchObject([{ state: 'applied' }]);
    expect(calls.filter((call) => call === 'push')).toHaveLength(2);
  });
});

async function nothingNew(
  _since: unknown,
  onPage: (page: { heads: []; gone: []; done: number; total: number }) => Promise<void>,
): Promise<PullEnd> {
  await onPage({ heads: [], gone: [], done: 0, total: 0 });
  return { epoch: 'one', cursor: 'c2', full: false, ...NO_NEWS };
}

/** A store of an earlier day: so many items, each decided off-line, the second with what no server takes. */
function storeOf(items: number): MemoryStore {
  const store = new MemoryStore(0);
  const heads = Array.from({ length: items }, (_, nth) => openHead(`${ITEM.slice(0, -1)}${nth + 1}`));
  store.endPull(
    store.beginPull(),
    { epoch: 'one', cursor: 'c', full: true, ...NO_NEWS },
    {
      heads,
      gone: [],
      done: items,
      total: items,
    },
  );
  for (const [nth, { itemId }] of heads.entries()) {
    store.decide({
      id: `d${nth + 1}`,
      itemId,
      expectedVersion: 1,
      decision: 'approve',
      reason: 'household',
      note: nth === 1 ? 'poison' : null,
      sessionId: null,
      decidedAt: '2026-11-22T12:00:00.000Z',
    });
  }
  return store;
}
