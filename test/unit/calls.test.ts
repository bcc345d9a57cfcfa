import { describe, expect, it } from 'vitest';
import { answerCall } from '../../electron/calls.ts';
import type { RawOutcome } from '../../electron/host/messages.ts';

const ITEM = '01890000-0000-7000-8000-000000000000';

/** Runs one call against a host that answers `outcome`, and tells what reached the host. */
async function call(method: unknown, request: unknown, outcome: RawOutcome = { ok: true, value: {} }) {
  const reached: unknown[] = [];
  const log: string[] = [];
  const answered = await answerCall(
    method,
    request,
    (name, asked) => {
      reached.push([name, asked]);
      return Promise.resolve(outcome);
    },
    (line) => log.push(line),
  );
  return { answered, reached, log };
}

describe('a call from the window', () => {
  it.each(['no.such', 'constructor', '__proto__', 'toString', '', 7, null, undefined, {}])(
    'is refused for the method %j',
    async (method) => {
      const { answered, reached } = await call(method, {});
      expect(answered).toMatchObject({ ok: false, error: { code: 'bad_request' } });
      expect(reached).toEqual([]);
    },
  );

  it.each([
    ['case.get', { itemId: 'x' }],
    ['case.get', {}],
    ['case.get', null],
    ['queue.page', { filter: {}, offset: -1, limit: 10 }],
    ['queue.page', { filter: {}, offset: 0, limit: 1_000_000 }],
    ['case.decide', { decisionId: ITEM, itemId: ITEM, expectedVersion: 1, decision: 'delete', reason: 'x' }],
  ])('is refused for %s with %j, and never reaches the host', async (method, request) => {
    const { answered, reached } = await call(method, request);
    expect(answered).toMatchObject({ ok: false, error: { code: 'bad_request' } });
    expect(reached).toEqual([]);
  });

  it('reaches the host with what the contract names, and nothing more', async () => {
    const { reached } = await call('case.get', { itemId: ITEM, sql: 'drop table' }, { ok: true, value: null });
    expect(reached).toEqual([['case.get', { itemId: ITEM }]]);
  });

  it('gets from the host what the contract names, and nothing more', async () => {
    const reason = { code: 'household', label: 'Same household', decision: 'approve' };
    const { answered } = await call('reasons.list', {}, { ok: true, value: [{ ...reason, password: 'hunter2' }] });
    expect(answered).toEqual({ ok: true, value: [reason] });
  });

  it('gets `internal` for an answer that breaks the contract; the log names the place and not the value', async () => {
    const { answered, log } = await call('reasons.list', {}, { ok: true, value: [{ code: 'x', label: 'hunter2' }] });
    expect(answered).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(log.join()).toContain('0.decision');
    expect(log.join()).not.toContain('hunter2');
  });

  it('gets a failure of the host as it is', async () => {
    const failure = { ok: false, error: { code: 'unavailable', message: 'Postgres restarts' } } as const;
    expect((await call('queue.summary', {}, failure)).answered).toEqual(failure);
  });
});
