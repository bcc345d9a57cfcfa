import { describe, expect, it, test } from 'vitest';
import type { BulkPreview, BulkSession } from '../../core/contract/bulk.ts';
import { takenBackWords, waitingWords } from '../../renderer/features/bulk/offline.ts';
import { endWords, mayUndo, progressOf, runWords } from '../../renderer/features/bulk/session-words.ts';

const ENDED = '2026-03-01T10:00:00.000Z';
const LATER = (minutes: number): number => Date.parse(ENDED) + minutes * 60_000;

function session(change: Partial<BulkSession>): BulkSession {
  return {
    sessionId: '01890000-0000-7000-8000-000000000000',
    state: 'done',
    startedBy: 'lena',
    createdAt: ENDED,
    finishedAt: ENDED,
    decision: 'reject',
    reason: 'account_farm',
    note: null,
    chosenBy: 'all pending',
    items: 512,
    settled: 512,
    outcomes: { applied: 500, awaiting_second: 4, not_allowed: 8 },
    paid: 0,
    rejected: 12_340,
    reversed: 400,
    isMine: true,
    ...change,
  };
}

const PREVIEW: BulkPreview = {
  items: 512,
  willDecide: 500,
  awaitingSecond: 4,
  paid: 0,
  rejected: 12_340,
  reversed: 400,
  referrers: 31,
  topReferrers: [],
  bands: {},
  skips: [],
  outliers: [],
};

describe('a bulk session in words', () => {
  it('says on the run button what it will do, with the numbers', () => {
    expect(runWords(session({ state: 'ready' }), PREVIEW)).toBe(
      'Reject 500 cases · rejects 12,340, takes back 400 credits',
    );
    const one = { ...PREVIEW, willDecide: 1, rejected: 0, reversed: 0 };
    expect(runWords(session({ state: 'ready', decision: 'escalate' }), one)).toBe('Escalate 1 case');
  });

  it('counts how far it is of all, and while it is undone of what can be taken back', () => {
    expect(progressOf(session({ state: 'running', settled: 128 }))).toEqual({ done: 128, total: 512 });
    expect(progressOf(session({ state: 'undoing', settled: 100 }))).toEqual({ done: 100, total: 504 });
  });

  it('says how it ended', () => {
    expect(endWords(session({}))).toBe('Bulk session done: rejected 500 cases · rejected 12,340, took back 400');
    expect(endWords(session({ state: 'undone', settled: 504 }))).toBe('Bulk session undone: 504 cases');
    expect(endWords(session({ state: 'paused' }))).toBe('Bulk session paused');
  });

  it('is undone by whoever ran it for a while, by a lead at any time, and by nobody else', () => {
    const maker = { lead: false, undoMinutes: 10 };
    expect(mayUndo(session({}), maker, LATER(9))).toBe(true);
    expect(mayUndo(session({}), maker, LATER(11))).toBe(false);
    expect(mayUndo(session({ isMine: false }), maker, LATER(1))).toBe(false);
    expect(mayUndo(session({ isMine: false }), { lead: true, undoMinutes: 10 }, LATER(600))).toBe(true);
  });

  it('is not undone where nothing was decided, or while it moves', () => {
    const lead = { lead: true, undoMinutes: 10 };
    expect(mayUndo(session({ outcomes: { not_allowed: 8 } }), lead, LATER(1))).toBe(false);
    for (const state of ['ready', 'running', 'paused', 'undoing', 'undone'] as const) {
      expect(mayUndo(session({ state }), lead, LATER(1))).toBe(false);
    }
  });
});

describe('a bulk session off-line in words', () => {
  it('says how many of its decisions still wait, and what becomes of them', () => {
    expect(waitingWords(40, undefined, false)).toBeNull();
    expect(waitingWords(40, 40, false)).toEqual([
      '40 decisions wait in the outbox.',
      'They are sent when you are on-line again.',
    ]);
    expect(waitingWords(40, 12, true)).toEqual(['12 of 40 decisions wait in the outbox.', 'They are being sent.']);
    expect(waitingWords(40, 1, true)).toEqual(['1 of 40 decisions waits in the outbox.', 'It is being sent.']);
    expect(waitingWords(40, 0, true)).toEqual([
      'None of the 40 decisions waits to be sent.',
      'The outbox tells what became of each.',
    ]);
  });
});

test('a session is said to be taken back only where nothing of it stays or is still to be undone', () => {
  expect(takenBackWords({ undos: 0 })).toBe('The bulk session is taken back');
  expect(takenBackWords({ undos: 3 })).toBe('The bulk session is being taken back');
});
