import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { UndoRequest, UndoResult } from '../../../core/contract/case.ts';
import type { Decision, UndoKind } from '../../../core/domain/decision.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { queryClient } from '../../app/query-client.ts';
import { actWord, creditsMoved, doneWord, OUTCOME_WORDS, TAKE_BACK } from './decision-words.ts';
import { isUnanswered, settled, useDecisions } from './decisions-made.ts';
import { useNotes } from './notes.ts';

/** What is taken back. `what` is how it is spoken of: "rejected 118 Lena K.". */
export type Target = {
  readonly decisionId: string;
  readonly itemId: string;
  readonly kind: UndoKind;
  readonly what: string;
  /** The note that was given with the decision: it is there again to decide anew. */
  readonly restores?: string | undefined;
  /** Why it is taken back. */
  readonly note?: string | undefined;
};

/** The decision that is being taken back; one at a time. */
export const useTakingBack = create<{ readonly decisionId: string | null }>()(() => ({ decisionId: null }));

/** "rejected 118 Lena K.", or "rejection of 118 Lena K." where it has had no effect yet. */
export function spoken(decision: Decision, kind: UndoKind, about: string): string {
  const words = kind === 'withdrawal' ? `${actWord(decision)} of` : doneWord(decision);
  return `${words.toLowerCase()} ${about}`;
}

/** Takes a decision back; true where the case is open again. Sent again after no answer, it counts once. */
export async function takeBack(target: Target, undoId = uuidv7()): Promise<boolean> {
  await settled();
  if (useTakingBack.getState().decisionId !== null) return false;
  useTakingBack.setState({ decisionId: target.decisionId });
  useDecisions.setState({ foot: `${TAKE_BACK[target.kind].doing}: ${target.what}`, trouble: null });
  const note = target.note?.trim();
  const request: UndoRequest = {
    undoId,
    decisionId: target.decisionId,
    ...(note === undefined || note === '' ? {} : { note }),
  };
  try {
    return settle(target, await ask('case.undo', request));
  } catch (error) {
    notTaken(target, failureText(error), isUnanswered(error) ? () => void takeBack(target, undoId) : null);
    return false;
  } finally {
    useTakingBack.setState({ decisionId: null });
    refreshReviews();
  }
}

function settle(target: Target, result: UndoResult): boolean {
  if (result.outcome !== 'applied' && result.outcome !== 'agreed') {
    notTaken(target, result.message ?? OUTCOME_WORDS[result.outcome], null);
    return false;
  }
  const { decided, made } = useDecisions.getState();
  const rest = new Map(decided);
  rest.delete(target.itemId);
  const said =
    result.outcome === 'agreed' ? (result.message ?? 'It had been taken back already.') : creditsMoved(result);
  useDecisions.setState({
    decided: rest,
    made: made?.sent.request.decisionId === target.decisionId ? null : made,
    foot: `${TAKE_BACK[result.kind ?? target.kind].done}: ${target.what}${said === '' ? '' : ` · ${said}`}`,
  });
  useNotes.getState().write(target.itemId, target.restores ?? '');
  // What is known of the case is from before: it must not be shown, even for a moment, as if it were decided.
  queryClient.removeQueries({ queryKey: ['case', target.itemId] });
  return true;
}

function notTaken(target: Target, message: string, again: (() => void) | null): void {
  const title = `Not ${TAKE_BACK[target.kind].done.toLowerCase()}: ${target.what}`;
  useDecisions.setState({ foot: `${title} · ${message}`, trouble: { title, message, itemId: target.itemId, again } });
}

/** Takes back what was decided last in this window, where its time is not over. The id of its case, or null. */
export async function takeBackLast(): Promise<string | null> {
  await settled();
  const { made } = useDecisions.getState();
  if (made === null || made.until <= performance.now()) return null;
  const { about, request } = made.sent;
  const { itemId, decisionId, note } = request;
  const what = spoken(request.decision, made.kind, about);
  return (await takeBack({ decisionId, itemId, kind: made.kind, what, restores: note })) ? itemId : null;
}
