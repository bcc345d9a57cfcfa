import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bridge } from '../../core/contract/bridge.ts';
import type { DecideResult, UndoResult } from '../../core/contract/case.ts';
import { queryClient } from '../../renderer/app/query-client.ts';
import { send, type Sent, useDecisions } from '../../renderer/features/case/decisions-made.ts';
import { useNotes } from '../../renderer/features/case/notes.ts';
import { takeBackLast } from '../../renderer/features/case/taking-back.ts';

const ITEM = '01890000-0000-7000-8000-000000000001';
const DECISION = '01890000-0000-7000-8000-000000000002';

const SENT: Sent = {
  about: '118 Lena K.',
  request: {
    decisionId: DECISION,
    itemId: ITEM,
    expectedVersion: 3,
    decision: 'reject',
    reason: 'account_farm',
    note: 'seen before',
  },
};
const DECIDED: DecideResult = {
  decisionId: DECISION,
  itemId: ITEM,
  outcome: 'applied',
  message: null,
  status: 'rejected',
  version: 4,
  paid: 0,
  rejected: 65,
  reversed: 0,
};
const UNDONE: UndoResult = {
  undoId: DECISION,
  decisionId: DECISION,
  itemId: ITEM,
  outcome: 'applied',
  kind: 'undo',
  message: null,
  status: 'pending',
  version: 5,
  paid: 0,
  reversed: 0,
};

/** What the host would answer next, and what it was asked. */
const answers: (() => Promise<unknown>)[] = [];
const asked: { readonly method: string; readonly request: unknown }[] = [];

function answering(value: unknown): void {
  answers.push(() => Promise.resolve({ ok: true, value }));
}

beforeEach(() => {
  const bridge: Pick<Bridge, 'platform'> & { call: unknown; subscribe: unknown } = {
    call: (method: string, request: unknown) => {
      asked.push({ method, request });
      return answers.shift()?.() ?? Promise.reject(new Error('nothing was to be asked'));
    },
    subscribe: () => () => {},
    platform: 'linux',
  };
  vi.stubGlobal('umpire', bridge);
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  queryClient.setQueryData(['workspace'], { state: 'ready', undoMinutes: 10 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  queryClient.clear();
  asked.length = 0;
  answers.length = 0;
  useDecisions.setState(useDecisions.getInitialState(), true);
  useNotes.setState(useNotes.getInitialState(), true);
});

const foot = (): string => useDecisions.getState().foot;

describe('the last decision', () => {
  it('is undone: its case is to be opened, in the queue again, with its note', async () => {
    answering(DECIDED);
    await send(SENT);
    expect(foot()).toBe('Rejected 118 Lena K. · rejected 65');
    expect(useDecisions.getState().decided.has(ITEM)).toBe(true);

    answering(UNDONE);
    expect(await takeBackLast()).toBe(ITEM);
    expect(asked.at(-1)).toMatchObject({ method: 'case.undo', request: { decisionId: DECISION } });
    expect(foot()).toBe('Undone: rejected 118 Lena K.');
    expect(useDecisions.getState().decided.has(ITEM)).toBe(false);
    expect(useNotes.getState().drafts[ITEM]).toBe('seen before');
  });

  it('is undone once: a second press finds nothing to undo', async () => {
    answering(DECIDED);
    await send(SENT);
    answering(UNDONE);
    await takeBackLast();
    expect(await takeBackLast()).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it('is undone as soon as it has arrived where the key comes first', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answers.push(() => promise);
    void send(SENT);
    const undoing = takeBackLast();
    answering(UNDONE);
    resolve({ ok: true, value: DECIDED });
    expect(await undoing).toBe(ITEM);
    expect(asked.map(({ method }) => method)).toEqual(['case.decide', 'case.undo']);
  });

  it('is not undone after its time', async () => {
    answering(DECIDED);
    await send(SENT);
    vi.advanceTimersByTime(10 * 60_000);
    expect(await takeBackLast()).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('that waits for a second analyst stays out of the queue, and is withdrawn', async () => {
    answering({ ...DECIDED, outcome: 'awaiting_second', status: 'pending', version: 4, rejected: 0 });
    await send(SENT);
    expect(foot()).toBe('Rejection of 118 Lena K. waits for a second analyst');
    expect(useDecisions.getState().decided.get(ITEM)).toBe(4);
    answering({ ...UNDONE, kind: 'withdrawal' });
    expect(await takeBackLast()).toBe(ITEM);
    expect(foot()).toBe('Withdrawn: rejection of 118 Lena K.');
  });

  it('that somebody overtook stays, and the window says why', async () => {
    answering(DECIDED);
    await send(SENT);
    answering({ ...UNDONE, outcome: 'conflict', message: 'The case was decided again since.' });
    expect(await takeBackLast()).toBeNull();
    expect(foot()).toBe('Not undone: rejected 118 Lena K. · The case was decided again since.');
    expect(useDecisions.getState().trouble).toMatchObject({ itemId: ITEM, again: null });
  });

  it('whose undo got no answer can be sent again with the same key', async () => {
    answering(DECIDED);
    await send(SENT);
    answers.push(() => Promise.resolve({ ok: false, error: { code: 'unavailable', message: 'Starting again' } }));
    await takeBackLast();
    answering(UNDONE);
    useDecisions.getState().trouble?.again?.();
    await vi.waitFor(() => expect(foot()).toBe('Undone: rejected 118 Lena K.'));
    const [, first, second] = asked;
    expect(second?.request).toEqual(first?.request);
  });
});
