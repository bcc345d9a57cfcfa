import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { queryClient } from '../../renderer/app/query-client.ts';
import { useNotes } from '../../renderer/features/case/notes.ts';
import { resolve, useSyncActions } from '../../renderer/features/sync/actions.ts';
import { outboxRow } from '../support/outbox-row.ts';

const asked: { readonly method: string; readonly request: unknown }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('umpire', {
    call: (method: string, request: unknown) => {
      asked.push({ method, request });
      return Promise.resolve({ ok: false, error: { code: 'refused', message: 'This has changed: look again.' } });
    },
    subscribe: () => () => {},
    platform: 'linux',
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  queryClient.clear();
  asked.length = 0;
  useNotes.setState(useNotes.getInitialState(), true);
  useSyncActions.setState(useSyncActions.getInitialState(), true);
});

it('what is decided again says what was shown; where that has changed it is said, and read anew', async () => {
  const row = outboxRow({ state: 'conflict' });
  const view = ['outbox', 'conflict', row.id];
  queryClient.setQueryData(view, { row });
  useNotes.getState().write(row.itemId, 'One flat.');
  const standing = '01890000-0000-7000-8000-000000000777';
  const shown = { how: 'redecided', version: 4, standing, decision: 'reject', reason: 'account_farm' } as const;
  expect(await resolve(row, shown)).toBe(false);
  expect(asked).toMatchObject([
    { method: 'sync.resolve', request: { ...shown, id: row.id, note: 'One flat.', decisionId: expect.any(String) } },
  ]);
  expect(useSyncActions.getState()).toEqual({
    busy: false,
    problem: { id: row.id, text: 'Not settled: This has changed: look again.' },
  });
  expect(useNotes.getState().drafts[row.itemId]).toBe('One flat.');
  vi.advanceTimersByTime(200);
  expect(queryClient.getQueryState(view)).toMatchObject({ isInvalidated: true });
});
