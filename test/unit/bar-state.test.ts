import { describe, expect, it } from 'vitest';
import type { CaseFile } from '../../core/contract/case.ts';
import { barState, isForWork } from '../../renderer/features/case/bar-state.ts';

const ANALYST = { role: 'analyst', decide: true, lead: false } as const;
const LEAD = { role: 'lead', decide: true, lead: true } as const;
const VIEWER = { role: 'viewer', decide: false, lead: false } as const;

const ITEM = '01890000-0000-7000-8000-00000000000a';

type Made = CaseFile['decisions'][number];

function made(change: Partial<Made>): Made {
  return {
    decisionId: '01890000-0000-7000-8000-000000000000',
    itemId: ITEM,
    isUndone: false,
    undone: null,
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
  return { itemId: ITEM, status: 'pending', secondReview: 'none', decisions: [], ...change } as unknown as CaseFile;
}

describe('the foot of a case', () => {
  it('offers the decisions, and says where a second analyst will confirm', () => {
    expect(barState(file({}), ANALYST, null)).toEqual({ kind: 'decide', confirmed: false });
    expect(barState(file({ secondReview: 'needed' }), ANALYST, null)).toEqual({ kind: 'decide', confirmed: true });
  });

  it('offers a viewer nothing, and says which role it takes', () => {
    for (const status of ['pending', 'escalated', 'approved', 'rejected'] as const) {
      expect(barState(file({ status, decisions: [made({ undo: 'undo' })] }), VIEWER, null)).toMatchObject({
        kind: 'told',
        text: 'Deciding takes the role analyst; you are signed in as viewer.',
        takeBack: null,
      });
    }
  });

  it('leaves an escalated case to a lead', () => {
    const escalated = file({ status: 'escalated', decisions: [made({ decision: 'escalate' })] });
    expect(barState(escalated, LEAD, null).kind).toBe('decide');
    expect(barState(escalated, ANALYST, null)).toMatchObject({ kind: 'told', takeBack: null });
  });

  it('says that one’s own decision waits, and offers to withdraw it', () => {
    const own = made({ undo: 'withdrawal' });
    const state = barState(file({ secondReview: 'mine', decisions: [made({ isUndone: true }), own] }), ANALYST, null);
    expect(state).toMatchObject({ kind: 'told', takeBack: { decisionId: own.decisionId, kind: 'withdrawal' } });
  });

  it('of a decided case says who decided, and offers to take back the decision in force alone', () => {
    const first = made({ at: '2026-03-01T09:00:00.000Z', isUndone: true, undo: null, by: 'till' });
    const second = made({ undo: 'reversal' });
    const state = barState(file({ status: 'rejected', decisions: [second, first] }), LEAD, null);
    expect(state).toMatchObject({
      text: 'Rejected by lena',
      decision: second,
      takeBack: { made: 'reject', kind: 'reversal' },
    });
    expect(barState(file({ status: 'rejected', decisions: [made({})] }), ANALYST, null)).toMatchObject({
      takeBack: null,
    });
  });

  it('says that one’s own decision was not sent yet, and offers to withdraw it instead of another one', () => {
    const mine = '01890000-0000-7000-8000-00000000000a';
    const state = barState(file({ status: 'rejected' }), ANALYST, mine);
    expect(state).toMatchObject({
      kind: 'told',
      text: 'Your rejection waits to be sent.',
      takeBack: { decisionId: mine, made: 'reject', kind: 'withdrawal' },
    });
    expect(isForWork(file({}), { decide: true, lead: false }, mine)).toBe(false);
  });

  it('has only what this login can decide claimed', () => {
    const may = { decide: true, lead: false };
    expect(isForWork(file({}), may, null)).toBe(true);
    expect(isForWork(file({ status: 'escalated' }), may, null)).toBe(false);
    expect(isForWork(file({ status: 'approved' }), may, null)).toBe(false);
    expect(isForWork(file({ secondReview: 'mine' }), may, null)).toBe(false);
    expect(isForWork(file({}), { decide: false, lead: false }, null)).toBe(false);
  });
});
