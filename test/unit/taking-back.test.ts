import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bridge } from '../../core/contract/bridge.ts';
import type { OutboxRow, SyncStatus } from '../../core/contract/sync.ts';
import { tellOutbox } from '../../renderer/app/outbox-news.ts';
import { queryClient } from '../../renderer/app/query-client.ts';
import { tellSyncStatus } from '../../renderer/app/sync-state.ts';
import { followDecisions, send, type Sent, useDecisions } from '../../renderer/features/case/decisions-made.ts';
import { followWaiting, mayHold } from '../../renderer/features/case/held-claims.ts';
import { useNotes } from '../../renderer/features/case/notes.ts';
import { takeBackLast } from '../../renderer/features/case/taking-back.ts';
import { outboxRow } from '../support/outbox-row.ts';

const ITEM = '01890000-0000-7000-8000-000000000001';
let made = 0;

/** A decision of its own each time: what is told of one is remembered by its id. */
function decision(): Sent {
  made += 1;
  return {
    about: '118 Lena K.',
    from: 'pending',
    request: {
      decisionId: `01890000-0000-7000-8000-0000000001${String(made).padStart(2, '0')}`,
      itemId: ITEM,
      expectedVersion: 3,
      decision: 'reject',
      reason: 'account_farm',
      note: 'seen before',
    },
  };
}

const rowOf = (sent: Sent, change: Partial<OutboxRow> = {}): OutboxRow =>
  outboxRow({ id: sent.request.decisionId, itemId: ITEM, decision: 'reject', rejected: 65, ...change });
const undoOf = (sent: Sent, change: Partial<OutboxRow> = {}): OutboxRow =>
  outboxRow({
    id: sent.request.decisionId.replace(/^0189/, '0199'),
    kind: 'undo',
    itemId: ITEM,
    decision: null,
    undoes: sent.request.decisionId,
    ...change,
  });

/** What the host would answer next, and what it was asked. */
const answers: (() => Promise<unknown>)[] = [];
const asked: { readonly method: string; readonly request: unknown }[] = [];
let stop: () => void = () => {};

function answering(value: unknown): void {
  answers.push(() => Promise.resolve({ ok: true, value }));
}

function link(state: SyncStatus['link']): void {
  tellSyncStatus({
    link: state,
    offlineSince: null,
    reason: null,
    nextTryAt: null,
    pulledAt: '2026-03-01T10:00:00.000Z',
    pulling: null,
    kept: { wanted: 0, present: 0 },
    waiting: 0,
    troubled: 0,
    awaitingSecond: 0,
    clockAhead: 0,
  });
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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  queryClient.setQueryData(['workspace'], { state: 'ready', undoMinutes: 10 });
  link('online');
  stop = followDecisions();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  queryClient.clear();
  asked.length = 0;
  answers.length = 0;
  useDecisions.setState(useDecisions.getInitialState(), true);
  useNotes.setState(useNotes.getInitialState(), true);
});

const foot = (): string => useDecisions.getState().foot;
const isLeftOut = (): boolean => useDecisions.getState().decided.has(ITEM);

/** Decides, and hears at once that it was applied. */
async function applied(): Promise<Sent> {
  const sent = decision();
  answering(rowOf(sent));
  await send(sent);
  tellOutbox([rowOf(sent, { state: 'applied' })]);
  return sent;
}

describe('a decision', () => {
  it('is told as made when it is in the outbox, and with what it moved when the server has applied it', async () => {
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    expect(foot()).toBe('Rejected 118 Lena K.');
    expect(isLeftOut()).toBe(true);
    tellOutbox([rowOf(sent, { state: 'applied' })]);
    expect(foot()).toBe('Rejected 118 Lena K. · rejected 65');
  });

  it('says without a server that it will be sent', async () => {
    link('offline');
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    expect(foot()).toBe('Rejected 118 Lena K. · will be sent when on-line');
  });

  it('is told right where its outcome comes before the answer of its call', async () => {
    const sent = decision();
    answers.push(() => {
      tellOutbox([rowOf(sent, { state: 'applied' })]);
      return Promise.resolve({ ok: true, value: rowOf(sent) });
    });
    await send(sent);
    expect(foot()).toBe('Rejected 118 Lena K. · rejected 65');
  });

  it('does not talk over what was said since', async () => {
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    useDecisions.setState({ foot: 'Evidence saved' });
    tellOutbox([rowOf(sent, { state: 'applied' })]);
    expect(foot()).toBe('Evidence saved');
  });

  it('that met another one is in the queue again, and is put aside until somebody looks at it', async () => {
    const sent = await applied();
    tellOutbox([rowOf(sent, { state: 'conflict', message: 'mira approved it.' })]);
    expect(isLeftOut()).toBe(false);
    expect(foot()).toBe('Rejection of 118 Lena K. came back');
    expect(useDecisions.getState().cameBack.map(({ id }) => id)).toEqual([sent.request.decisionId]);
    expect(await takeBackLast()).toBeNull();
    tellOutbox([rowOf(sent, { state: 'conflict', resolution: 'kept' })]);
    expect(useDecisions.getState().cameBack).toEqual([]);
  });

  it('does not wait for the one before it, which the foot then leaves to it', async () => {
    const [first, second] = [decision(), decision()];
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answers.push(() => promise);
    void send(first);
    const sent = send({ ...second, about: '95 Till S.' });
    expect(asked).toHaveLength(0);
    answering(rowOf(second));
    resolve({ ok: true, value: rowOf(first) });
    await sent;
    expect(asked.map(({ request }) => request)).toEqual([first.request, second.request]);
    expect(foot()).toBe('Rejected 95 Till S.');
    expect(useDecisions.getState()).toMatchObject({ sending: null, made: { sent: { about: '95 Till S.' } } });
  });

  it('that could not be written down is told so, and can be tried again with the same key', async () => {
    const sent = decision();
    answers.push(() => Promise.resolve({ ok: false, error: { code: 'internal', message: 'The disk is full.' } }));
    await send(sent);
    expect(isLeftOut()).toBe(false);
    expect(useDecisions.getState().trouble).toMatchObject({ message: 'The disk is full.' });
    answering(rowOf(sent));
    useDecisions.getState().trouble?.again?.();
    await vi.waitFor(() => expect(foot()).toBe('Rejected 118 Lena K.'));
    expect(asked[1]?.request).toEqual(asked[0]?.request);
  });
});

describe('what was not saved', () => {
  const failing = (code: string): void => {
    answers.push(() => Promise.resolve({ ok: false, error: { code, message: 'The disk is full.' } }));
  };

  it('is not told as if it might have arrived, and can be tried again', async () => {
    failing('not_saved');
    await send(decision());
    expect(useDecisions.getState().trouble).toMatchObject({ isUnanswered: false, again: expect.any(Function) });
    const sent = await applied();
    failing('not_saved');
    await takeBackLast();
    expect(useDecisions.getState().trouble).toMatchObject({ isUnanswered: false, again: expect.any(Function) });
    answering(undoOf(sent, { state: 'applied' }));
    useDecisions.getState().trouble?.again?.();
    await vi.waitFor(() => expect(foot()).toBe('Undone: rejected 118 Lena K.'));
  });

  it('is told apart from what got no answer, and from what was refused', async () => {
    failing('unavailable');
    await send(decision());
    expect(useDecisions.getState().trouble).toMatchObject({ isUnanswered: true, again: expect.any(Function) });
    failing('refused');
    await send(decision());
    expect(useDecisions.getState().trouble).toMatchObject({ isUnanswered: false, again: null });
  });
});

describe('the last decision', () => {
  it('is undone: its case is to be opened, in the queue again, with its note', async () => {
    const sent = await applied();
    answering(undoOf(sent));
    const undoing = takeBackLast();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    await vi.advanceTimersByTimeAsync(10);
    tellOutbox([undoOf(sent, { state: 'applied', paid: 40 })]);
    expect(await undoing).toBe(ITEM);
    expect(asked.at(-1)).toMatchObject({ method: 'case.undo', request: { decisionId: sent.request.decisionId } });
    expect(foot()).toBe('Undone: rejected 118 Lena K. · paid 40');
    expect(isLeftOut()).toBe(false);
    expect(useNotes.getState().drafts[ITEM]).toBe('seen before');
  });

  it('is withdrawn where it was not sent yet', async () => {
    link('offline');
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    answering(rowOf(sent, { state: 'withdrawn' }));
    expect(await takeBackLast()).toBe(ITEM);
    expect(foot()).toBe('Withdrawn: rejection of 118 Lena K.');
    expect(isLeftOut()).toBe(false);
  });

  it('that was applied is undone off-line, is open again at once, and the server hears of it later', async () => {
    const sent = await applied();
    link('offline');
    answering(undoOf(sent));
    expect(await takeBackLast()).toBe(ITEM);
    expect(foot()).toBe('To be undone: rejected 118 Lena K. · counts if it is sent while the time to undo lasts');
    expect(isLeftOut()).toBe(false);
    tellOutbox([undoOf(sent, { state: 'applied' })]);
    expect(isLeftOut()).toBe(false);
  });

  it('is undone once: a second press finds nothing to undo', async () => {
    const sent = await applied();
    answering(undoOf(sent, { state: 'applied' }));
    await takeBackLast();
    expect(await takeBackLast()).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it('is taken back as soon as it is in the outbox where the key comes first', async () => {
    const sent = decision();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answers.push(() => promise);
    void send(sent);
    const undoing = takeBackLast();
    answering(rowOf(sent, { state: 'withdrawn' }));
    resolve({ ok: true, value: rowOf(sent) });
    expect(await undoing).toBe(ITEM);
    expect(asked.map(({ method }) => method)).toEqual(['case.decide', 'case.undo']);
  });

  it('is not undone after its time', async () => {
    await applied();
    vi.advanceTimersByTime(10 * 60_000);
    expect(await takeBackLast()).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('that waits for a second analyst stays out of the queue in whatever version, and is withdrawn', async () => {
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    tellOutbox([rowOf(sent, { state: 'awaiting_second' })]);
    expect(foot()).toBe('Rejection of 118 Lena K. waits for a second analyst');
    expect(useDecisions.getState().decided.get(ITEM)).toEqual({ version: null, status: 'pending' });
    answering(undoOf(sent, { state: 'applied' }));
    expect(await takeBackLast()).toBe(ITEM);
    expect(foot()).toBe('Withdrawn: rejection of 118 Lena K.');
  });

  it.each(['applied', 'agreed'] as const)(
    'that a second analyst settled hides no case that is opened again: %s',
    async (state) => {
      const sent = decision();
      answering(rowOf(sent));
      await send(sent);
      tellOutbox([rowOf(sent, { state: 'awaiting_second' })]);
      tellOutbox([rowOf(sent, { state })]);
      expect(isLeftOut()).toBe(false);
    },
  );

  it('gives its case back when it waits for a second analyst, and only then', async () => {
    const ends = followWaiting();
    mayHold(ITEM);
    const sent = decision();
    answering(rowOf(sent));
    await send(sent);
    tellOutbox([rowOf(sent, { state: 'sending' })]);
    expect(asked.map(({ method }) => method)).toEqual(['case.decide']);
    answering({});
    // It is told each time that something of it changes.
    for (let told = 0; told < 2; told += 1) tellOutbox([rowOf(sent, { state: 'awaiting_second' })]);
    expect(asked.slice(1)).toEqual([{ method: 'case.release', request: { itemId: ITEM } }]);
    ends();
  });

  it('that somebody overtook stays, and the window says why', async () => {
    const sent = await applied();
    answering(undoOf(sent, { state: 'conflict', message: 'The case was decided again since.' }));
    expect(await takeBackLast()).toBeNull();
    expect(foot()).toBe('Not undone: rejected 118 Lena K. · The case was decided again since.');
  });

  it('is not waited for where the server does not answer its undo', async () => {
    const sent = await applied();
    answering(undoOf(sent));
    const undoing = takeBackLast();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await undoing).toBe(ITEM);
    expect(isLeftOut()).toBe(false);
  });

  it('whose undo got no answer can be sent again with the same key', async () => {
    const sent = await applied();
    answers.push(() => Promise.resolve({ ok: false, error: { code: 'unavailable', message: 'Starting again' } }));
    await takeBackLast();
    answering(undoOf(sent, { state: 'applied' }));
    useDecisions.getState().trouble?.again?.();
    await vi.waitFor(() => expect(foot()).toBe('Undone: rejected 118 Lena K.'));
    const [, first, second] = asked;
    expect(second?.request).toEqual(first?.request);
  });
});
