import type { MessageBoxOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import type { MethodName } from '../../core/contract/methods.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { isRemoval, removeCopy, type RemovalMethod } from '../../electron/confirm-removal.ts';

const COPY = '00112233445566aa';
const SETTINGS = {
  keep: 5000,
  bytes: 1,
  expectedBytes: 1,
  items: 0,
  cases: 0,
  undelivered: 2,
  unsettled: 1,
  key: 'file',
  others: [
    { copy: COPY, address: '127.0.0.1:5432/review', login: 'mira', undelivered: 7, unsettled: 0, why: null },
    { copy: COPY.replace('00', 'ff'), address: null, login: null, undelivered: null, unsettled: null, why: 'locked' },
  ],
} as const;

/** Calls as a page does, where the person presses the button of this index. */
async function called(
  method: RemovalMethod,
  request: { evenUndelivered: boolean } | { copy: string },
  button: number,
  settings: unknown = SETTINGS,
  status: unknown = { state: 'failed', message: 'The key is lost.', detail: null, removal: { lost: null } },
): Promise<{ outcome: unknown; reached: readonly MethodName[]; asked: readonly MessageBoxOptions[] }> {
  const reached: MethodName[] = [];
  const asked: MessageBoxOptions[] = [];
  const outcome = await removeCopy(method, request, {
    call: async (name) => {
      if (name === 'workspace.status') return { ok: true, value: status as WorkspaceStatus };
      if (name !== 'sync.settings') {
        reached.push(name);
        return { ok: true, value: { removed: true } };
      }
      return settings === null
        ? { ok: false, error: { code: 'unavailable', message: 'The key is lost.' } }
        : { ok: true, value: settings };
    },
    ask: async (options) => {
      asked.push(options);
      return button;
    },
  });
  return { outcome, reached, asked };
}

describe('removing a copy from this computer', () => {
  it('is not done by a call of the page alone: the person is asked what it destroys, and keeps it by Enter and by Escape', async () => {
    const { outcome, reached, asked } = await called('sync.wipe', { evenUndelivered: true }, 0);
    expect(reached).toEqual([]);
    expect(outcome).toEqual({ ok: true, value: { removed: false } });
    expect(asked).toEqual([
      expect.objectContaining({
        message: 'Remove the copy of the queue from this computer?',
        detail:
          'This destroys what is nowhere else: 2 decisions that no server has taken, 1 decision that came back and nobody has settled.',
        buttons: ['Keep it', 'Remove it'],
        defaultId: 0,
        cancelId: 0,
      }),
    ]);
  });

  it('is done when the person says so', async () => {
    const { outcome, reached } = await called('sync.wipe', { evenUndelivered: true }, 1);
    expect(reached).toEqual(['sync.wipe']);
    expect(outcome).toEqual({ ok: true, value: { removed: true } });
  });

  it('says that nobody knows what is in a copy whose key is lost', async () => {
    const { reached, asked } = await called('sync.wipe', { evenUndelivered: true }, 0, null);
    expect(reached).toEqual([]);
    expect(asked[0]?.detail).toMatch(/nobody knows whether decisions wait/);
  });

  it.each([
    [2, 'This destroys what is nowhere else: 2 decisions that no server has taken or nobody has settled.'],
    [0, 'Every decision was delivered; nothing is lost.'],
  ])('says what goes with the copy of an account that is disabled: %i', async (lost, detail) => {
    const status = { state: 'failed', message: 'This login is disabled.', detail: null, removal: { lost } };
    const { asked } = await called('sync.wipe', { evenUndelivered: true }, 0, null, status);
    expect(asked[0]?.detail).toBe(detail);
  });

  it('asks nothing where the host refuses to lose anything', async () => {
    const { reached, asked } = await called('sync.wipe', { evenUndelivered: false }, 0);
    expect({ reached, asked }).toEqual({ reached: ['sync.wipe'], asked: [] });
  });

  it('names whose copy it is where it is another one', async () => {
    const { reached, asked } = await called('sync.wipeOther', { copy: COPY }, 0);
    expect(reached).toEqual([]);
    expect(asked[0]).toMatchObject({
      message: 'Remove the copy of mira on 127.0.0.1:5432/review from this computer?',
      detail: 'This destroys what is nowhere else: 7 decisions that no server has taken.',
    });
    const empty = { ...SETTINGS, others: [{ ...SETTINGS.others[0], undelivered: 0 }] };
    expect((await called('sync.wipeOther', { copy: COPY }, 0, empty)).asked[0]?.detail).toMatch(/nothing is lost/);
    const unread = await called('sync.wipeOther', { copy: SETTINGS.others[1].copy }, 1);
    expect(unread.asked[0]).toMatchObject({
      message: 'Remove another copy from this computer?',
      detail: expect.stringMatching(/nobody knows/),
    });
    expect(unread.reached).toEqual(['sync.wipeOther']);
  });

  it('is what main asks about, and nothing else', () => {
    expect((['sync.wipe', 'sync.wipeOther', 'sync.settings', 'case.decide'] as const).filter(isRemoval)).toEqual([
      'sync.wipe',
      'sync.wipeOther',
    ]);
  });
});
