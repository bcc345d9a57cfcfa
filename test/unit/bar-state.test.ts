import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../core/contract/case.ts';
import { barState, isForWork } from '../../renderer/features/case/bar-state.ts';

const ANALYST = { role: 'analyst', decide: true, lead: false } as const;
const LEAD = { role: 'lead', decide: true, lead: true } as const;
const VIEWER = { role: 'viewer', decide: false, lead: false } as const;

type Made = CaseFile['decisions'][number];

function made(change: Partial<Made>): Made {
  return {
    decisionId: '01890000-0000-7000-8000-000000000000',
    isUndone: false,
    undo: null,
    at: '2026-03-01T10:00:00.000Z',
    by: 'lena',
    decision: 'reject',
    reason: 'account_farm',
    note: null,
    ...change,
  };
}

/** A case as far as the bar looks at it. */
function file(change: Partial<Pick<CaseFile, 'status' | 'secondReview' | 'decisions'>>): CaseFile {
  return { status: 'pending', secondReview: 'none', decisions: [], ...change } as unknown as CaseFile;
}

describe('the foot of a case', () => {
  it('offers the decisions, and says where a second analyst will confirm', () => {
    expect(barState(file({}), ANALYST)).toEqual({ kind: 'decide', confirmed: false });
    expect(barState(file({ secondReview: 'needed' }), ANALYST)).toEqual({ kind: 'decide', confirmed: true });
  });

  it('offers a viewer nothing, and says which role it takes', () => {
    for (const status of ['pending', 'escalated', 'approved', 'rejected'] as const) {
      expect(barState(file({ status, decisions: [made({ undo: 'undo' })] }), VIEWER)).toMatchObject({
        kind: 'told',
        text: 'Deciding takes the role analyst; you are signed in as viewer.',
        takeBack: null,
      });
    }
  });

  it('leaves an escalated case to a lead', () => {
    const escalated = file({ status: 'escalated', decisions: [made({ decision: 'escalate' })] });
    expect(barState(escalated, LEAD).kind).toBe('decide');
    expect(barState(escalated, ANALYST)).toMatchObject({ kind: 'told', takeBack: null });
  });

  it('says that one’s own decision waits, and offers to withdraw it', () => {
    const own = made({ undo: 'withdrawal' });
    const state = barState(file({ secondReview: 'mine', decisions: [made({ isUndone: true }), own] }), ANALYST);
    expect(state).toMatchObject({ kind: 'told', takeBack: { decision: own, kind: 'withdrawal' } });
  });

  it('of a decided case says who decided, and offers to take back the decision in force alone', () => {
    const first = made({ at: '2026-03-01T09:00:00.000Z', isUndone: true, undo: null, by: 'till' });
    const second = made({ undo: 'reversal' });
    const state = barState(file({ status: 'rejected', decisions: [second, first] }), LEAD);
    expect(state).toMatchObject({ text: 'Rejected by lena', takeBack: { decision: second, kind: 'reversal' } });
    expect(barState(file({ status: 'rejected', decisions: [made({})] }), ANALYST)).toMatchObject({ takeBack: null });
  });

  it('has only what this login can decide claimed', () => {
    const may = { decide: true, lead: false };
    expect(isForWork(file({}), may)).toBe(true);
    expect(isForWork(file({ status: 'escalated' }), may)).toBe(false);
    expect(isForWork(file({ status: 'approved' }), may)).toBe(false);
    expect(isForWork(file({ secondReview: 'mine' }), may)).toBe(false);
    expect(isForWork(file({}), { decide: false, lead: false })).toBe(false);
  });
});
