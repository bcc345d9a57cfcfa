import type { Decision, DecisionOutcome, UndoKind } from '../../../core/domain/decision.ts';
import { number } from '../../ui/format.ts';

const WORDS: { readonly [D in Decision]: { readonly doing: string; readonly done: string; readonly act: string } } = {
  approve: { doing: 'Approving', done: 'Approved', act: 'Approval' },
  reject: { doing: 'Rejecting', done: 'Rejected', act: 'Rejection' },
  escalate: { doing: 'Escalating', done: 'Escalated', act: 'Escalation' },
};

export function doingWord(decision: Decision): string {
  return WORDS[decision].doing;
}

export function doneWord(decision: Decision): string {
  return WORDS[decision].done;
}

/** "Rejection": a decision that has had no effect yet. */
export function actWord(decision: Decision): string {
  return WORDS[decision].act;
}

/** What takes a decision back is called by what it is; the key is the same. */
export const TAKE_BACK: {
  readonly [K in UndoKind]: {
    readonly verb: string;
    readonly done: string;
    readonly doing: string;
    /** Of one that waits to be sent itself. */
    readonly later: string;
    /** Where it cannot be sent at once. */
    readonly sent: string;
  };
} = {
  undo: {
    verb: 'undo',
    done: 'Undone',
    doing: 'Undoing',
    later: 'To be undone',
    sent: 'counts if it is sent while the time to undo lasts',
  },
  withdrawal: {
    verb: 'withdraw',
    done: 'Withdrawn',
    doing: 'Withdrawing',
    later: 'To be withdrawn',
    sent: 'will be sent when on-line',
  },
  reversal: {
    verb: 'reverse',
    done: 'Reversed',
    doing: 'Reversing',
    later: 'To be reversed',
    sent: 'will be sent when on-line',
  },
};

/** What to say where the host gave an outcome without words. */
export const OUTCOME_WORDS: { readonly [O in DecisionOutcome]: string } = {
  applied: '',
  agreed: 'Someone else had decided the same.',
  awaiting_second: 'Waits for a second analyst.',
  conflict: 'Someone else has decided differently; theirs stands.',
  returned: 'The case has changed since you saw it; look at it again.',
  not_allowed: 'Your role does not allow this decision.',
  unknown: 'The item is no longer there.',
};

/** ", paid 65, took back 40" in credits; empty where nothing moved. */
export function creditsMoved(moved: {
  readonly paid: number;
  readonly rejected?: number;
  readonly reversed: number;
}): string {
  const { paid, rejected = 0, reversed } = moved;
  return [
    paid > 0 ? `paid ${number(paid)}` : null,
    rejected > 0 ? `rejected ${number(rejected)}` : null,
    reversed > 0 ? `took back ${number(reversed)}` : null,
  ]
    .filter((part) => part !== null)
    .join(', ');
}
