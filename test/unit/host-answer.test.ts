import { describe, expect, it } from 'vitest';
import { METHODS, type MethodHandlers } from '../../core/contract/methods.ts';
import { answer } from '../../core/host/answer.ts';
import { CallFailure } from '../../core/host/failure.ts';

const unexpected = () => Promise.reject(new Error('secret detail'));

/** A host whose methods fail, but for those given. */
function handlers(some: Partial<MethodHandlers>): MethodHandlers {
  const names = Object.keys(METHODS).filter((name) => name !== 'file.save');
  return { ...Object.fromEntries(names.map((name) => [name, unexpected])), ...some } as MethodHandlers;
}

describe('a call in the core host', () => {
  it('is answered with the value of its method, which gets the defaults of the contract', async () => {
    const asked: unknown[] = [];
    const outcome = await answer(
      handlers({
        'queue.page': (request) => {
          asked.push(request);
          return Promise.resolve({ total: 0, offset: 0, rows: [] });
        },
      }),
      'queue.page',
      { filter: {}, offset: 0, limit: 50 },
      () => {},
    );
    expect(outcome).toEqual({ ok: true, value: { total: 0, offset: 0, rows: [] } });
    expect(asked).toMatchObject([{ filter: { statuses: ['pending'], order: 'priority', search: '' } }]);
  });

  it('is answered with an expected failure as the method names it', async () => {
    const failing = handlers({
      'queue.summary': () => Promise.reject(new CallFailure('unavailable', 'Postgres restarts')),
    });
    expect(await answer(failing, 'queue.summary', {}, () => {})).toEqual({
      ok: false,
      error: { code: 'unavailable', message: 'Postgres restarts' },
    });
  });

  it('says what is wrong with a note that would be another one where it is stored, and takes any other', async () => {
    const decide = (note: string) =>
      answer(
        handlers({ 'case.decide': () => Promise.reject(new CallFailure('refused', 'taken')) }),
        'case.decide',
        {
          decisionId: '00000001-0000-4000-8000-000000000000',
          itemId: '00000002-0000-4000-8000-000000000000',
          expectedVersion: 1,
          decision: 'reject',
          reason: 'account_farm',
          note,
        },
        () => {},
      );
    for (const note of ['half \ud800', 'end\0']) {
      expect(await decide(note)).toMatchObject({ error: { message: expect.stringMatching(/^The note holds/) } });
    }
    expect(await decide('whole \u{1f600}, \u202e and é')).toMatchObject({ error: { message: 'taken' } });
  });

  it('keeps the words of a bug to the log', async () => {
    const log: string[] = [];
    const outcome = await answer(handlers({}), 'reasons.list', {}, (line) => log.push(line));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(JSON.stringify(outcome)).not.toContain('secret detail');
    expect(log.join()).toContain('secret detail');
  });

  it('is refused where main answers itself: the host writes no file that a window names', async () => {
    const outcome = await answer(handlers({}), 'file.save', { name: 'a.csv', text: 'a' }, () => {});
    expect(outcome).toMatchObject({ ok: false, error: { code: 'bad_request' } });
  });
});
