import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { CaseFile, DecideRequest, DecideResult } from '../../../core/contract/case.ts';
import type { Decision, DecisionOutcome } from '../../../core/domain/decision.ts';
import { ask, CallFailure, failureText } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { number, lineName } from '../../ui/format.ts';
import { useNotes } from './notes.ts';

/** A decision on its way, and how it is spoken of: "118 Lena K.". */
export type Sent = { readonly request: DecideRequest; readonly about: string };

/** A decision that did not take effect. `again` is there where the same one may be sent once more. */
export type Trouble = { readonly sent: Sent; readonly message: string; readonly again: boolean };

type State = {
  /** Items decided here, in the version that was decided: the queue shows them no longer. */
  readonly decided: ReadonlyMap<string, number>;
  /** At most one decision is on its way. */
  readonly sending: Sent | null;
  readonly foot: string;
  readonly trouble: Trouble | null;
};

export const useDecisions = create<State>()(() => ({ decided: new Map(), sending: null, foot: '', trouble: null }));

const WORDS: { readonly [D in Decision]: { readonly doing: string; readonly done: string } } = {
  approve: { doing: 'Approving', done: 'Approved' },
  reject: { doing: 'Rejecting', done: 'Rejected' },
  escalate: { doing: 'Escalating', done: 'Escalated' },
};

export function doneWord(decision: Decision): string {
  return WORDS[decision].done;
}

function moved(result: DecideResult): string {
  const parts = [
    result.paid > 0 ? `paid ${number(result.paid)}` : null,
    result.rejected > 0 ? `rejected ${number(result.rejected)}` : null,
    result.reversed > 0 ? `took back ${number(result.reversed)}` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : ` · ${parts.join(', ')}`;
}

/** What to say where the host gave an outcome without words. */
const OUTCOME_WORDS: { readonly [O in DecisionOutcome]: string } = {
  applied: '',
  agreed: 'Someone else had decided the same.',
  conflict: 'Someone else has decided differently; theirs stands.',
  returned: 'The case has changed since you saw it; look at it again.',
  not_allowed: 'Your role does not allow this decision.',
  unknown: 'The item is no longer there.',
};

function settle(sent: Sent, result: DecideResult): void {
  const { done } = WORDS[sent.request.decision];
  if (result.outcome === 'applied' || result.outcome === 'agreed') {
    // The note went with the decision.
    useNotes.getState().write(sent.request.itemId, '');
    const said = result.message ?? OUTCOME_WORDS[result.outcome];
    useDecisions.setState({
      sending: null,
      trouble: null,
      foot: `${done} ${sent.about}${moved(result)}${said === '' ? '' : ` · ${said}`}`,
    });
  } else {
    putBack(sent, result.message ?? OUTCOME_WORDS[result.outcome], false);
  }
}

/** Nothing took effect as far as is known: the item is in the queue again, and the screen says why. */
function putBack(sent: Sent, message: string, again: boolean): void {
  const decided = new Map(useDecisions.getState().decided);
  decided.delete(sent.request.itemId);
  const foot = `Not ${WORDS[sent.request.decision].done.toLowerCase()}: ${sent.about}`;
  useDecisions.setState({ decided, sending: null, foot, trouble: { sent, message, again } });
}

/** Sends one decision and takes the item out of the queue at once. Sent again, it keeps its id, so it counts once. */
export async function send(sent: Sent): Promise<void> {
  const { sending, decided } = useDecisions.getState();
  if (sending !== null) return;
  const { itemId, expectedVersion, decision } = sent.request;
  useDecisions.setState({
    sending: sent,
    decided: new Map(decided).set(itemId, expectedVersion),
    foot: `${WORDS[decision].doing} ${sent.about}`,
    trouble: null,
  });
  try {
    settle(sent, await ask('case.decide', sent.request));
  } catch (error) {
    const unanswered = !(error instanceof CallFailure) || error.code === 'unavailable' || error.code === 'internal';
    putBack(sent, failureText(error), unanswered);
  } finally {
    refreshReviews();
  }
}

/** A new decision on the case as it was shown. */
export function newDecision(file: CaseFile, decision: Decision, reason: string, note: string): Sent {
  const text = note.trim();
  return {
    about: `${file.score} ${lineName(file.referrer.name)}`,
    request: {
      decisionId: uuidv7(),
      itemId: file.itemId,
      expectedVersion: file.version,
      decision,
      reason,
      ...(text === '' ? {} : { note: text }),
    },
  };
}

export function dismissTrouble(): void {
  useDecisions.setState({ trouble: null });
}
