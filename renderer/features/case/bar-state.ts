import type { CaseFile } from '../../../core/contract/case.ts';
import { DECISIONS, STATUS_AFTER, type Decision, type UndoKind } from '../../../core/domain/decision.ts';
import { actWord, doneWord } from './decision-words.ts';

type MadeDecision = CaseFile['decisions'][number];

/** A decision that can be taken back, and as what. */
export type TakeBack = { readonly decisionId: string; readonly made: Decision | null; readonly kind: UndoKind };

/** Who looks at the case. */
export type Reader = { readonly role: string; readonly decide: boolean; readonly lead: boolean };

/** What stands at the foot of a case: the decisions, or why there are none to make. */
export type BarState =
  | { readonly kind: 'decide'; readonly confirmed: boolean }
  | {
      readonly kind: 'told';
      readonly text: string;
      readonly decision: MadeDecision | null;
      /** What this login may take back; `made` is what was decided, as far as that is known here. */
      readonly takeBack: TakeBack | null;
    };

/** Whether this login can decide the case: only then is it claimed when it is opened. */
export function isForWork(
  file: CaseFile,
  may: { readonly decide: boolean; readonly lead: boolean },
  undelivered: string | null,
): boolean {
  return barState(file, { ...may, role: '' }, undelivered).kind === 'decide';
}

/** The decision in force: the last one on this item that was not taken back; those on earlier items of its referral are no part of it. */
export function decisionInForce(file: CaseFile): MadeDecision | null {
  return (
    file.decisions
      .filter((made) => made.itemId === file.itemId && !made.isUndone)
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .at(-1) ?? null
  );
}

function told(text: string, decision: MadeDecision | null, mayTakeBack: boolean): BarState {
  const kind = decision?.undo ?? null;
  const takeBack =
    mayTakeBack && decision !== null && kind !== null
      ? { decisionId: decision.decisionId, made: decision.decision, kind }
      : null;
  return { kind: 'told', text, decision, takeBack };
}

/** One's own decision that no server has answered: it is to be taken back before there can be another. */
function toldUndelivered(file: CaseFile, decisionId: string): BarState {
  const known = file.decisions.find((made) => made.decisionId === decisionId) ?? null;
  const made = known?.decision ?? DECISIONS.find((decision) => STATUS_AFTER[decision] === file.status) ?? null;
  const what = made === null ? 'decision' : actWord(made).toLowerCase();
  return {
    kind: 'told',
    text: `Your ${what} waits to be sent.`,
    decision: known,
    takeBack: { decisionId, made, kind: 'withdrawal' },
  };
}

/**
 * What the foot of a case offers this reader; without a case it is the decisions, out of reach. `undelivered` is the reader's
 * own decision on it that waits in the outbox.
 */
export function barState(file: CaseFile | null, reader: Reader, undelivered: string | null): BarState {
  if (!reader.decide) return told(`Deciding takes the role analyst; you are signed in as ${reader.role}.`, null, false);
  if (file === null) return { kind: 'decide', confirmed: false };
  if (undelivered !== null) return toldUndelivered(file, undelivered);
  const inForce = decisionInForce(file);
  switch (file.status) {
    case 'approved':
    case 'rejected': {
      const done = doneWord(file.status === 'approved' ? 'approve' : 'reject');
      return told(inForce === null ? done : `${done} by ${inForce.by}`, inForce, true);
    }
    case 'escalated':
      if (reader.lead) return { kind: 'decide', confirmed: false };
      return told('With a lead, who decides it now.', inForce, true);
    case 'pending':
      if (file.secondReview === 'mine') {
        const waiting =
          file.decisions.find((made) => made.itemId === file.itemId && made.undo === 'withdrawal' && !made.isUndone) ??
          null;
        return told('Your decision waits for a second analyst.', waiting, true);
      }
      return { kind: 'decide', confirmed: file.secondReview === 'needed' };
  }
}
