import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { CaseFile, DecideRequest, DecideResult } from '../../../core/contract/case.ts';
import type { Decision, UndoKind } from '../../../core/domain/decision.ts';
import { ask, CallFailure, failureText } from '../../app/bridge.ts';
import { readyWorkspace, refreshReviews } from '../../app/connection.ts';
import { lineName } from '../../ui/format.ts';
import { actWord, creditsMoved, doingWord, doneWord, OUTCOME_WORDS } from './decision-words.ts';
import { useNotes } from './notes.ts';

/** A decision on its way, and how it is spoken of: "118 Lena K.". */
export type Sent = { readonly request: DecideRequest; readonly about: string };

/** Something that did not take effect. `again` is there where the very same may be sent once more. */
export type Trouble = {
  readonly title: string;
  readonly message: string;
  readonly itemId: string;
  readonly again: (() => void) | null;
};

/** The decision that `u` takes back, until then on the clock of `performance.now()`; and what the foot said of it. */
export type Made = {
  readonly sent: Sent;
  readonly kind: UndoKind;
  readonly until: number;
  readonly foot: string;
};

type State = {
  /** Items decided here, in the version that was decided: the queue shows them no longer. */
  readonly decided: ReadonlyMap<string, number>;
  /** At most one decision is on its way. */
  readonly sending: Sent | null;
  readonly made: Made | null;
  readonly foot: string;
  readonly trouble: Trouble | null;
};

export const useDecisions = create<State>()(() => ({
  decided: new Map(),
  sending: null,
  made: null,
  foot: '',
  trouble: null,
}));

/** Says something at the foot of the window. */
export function say(foot: string): void {
  useDecisions.setState({ foot });
}

function sentence(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

function settle(sent: Sent, result: DecideResult): void {
  const { decision, itemId } = sent.request;
  const minutes = readyWorkspace()?.undoMinutes ?? 0;
  const until = performance.now() + minutes * 60_000;
  switch (result.outcome) {
    case 'applied':
    case 'agreed': {
      // The note went with the decision.
      useNotes.getState().write(itemId, '');
      const said = result.message ?? OUTCOME_WORDS[result.outcome];
      const foot = sentence(`${doneWord(decision)} ${sent.about}`, creditsMoved(result), said);
      const made: Made | null = result.outcome === 'applied' ? { sent, kind: 'undo', until, foot } : null;
      useDecisions.setState({ sending: null, trouble: null, foot, made });
      return;
    }
    case 'awaiting_second': {
      useNotes.getState().write(itemId, '');
      // The item stays open, in the version that says so: for whoever decided there is nothing left to do with it.
      const decided = new Map(useDecisions.getState().decided);
      if (result.version !== null) decided.set(itemId, result.version);
      const foot = `${actWord(decision)} of ${sent.about} waits for a second analyst`;
      const made: Made = { sent, kind: 'withdrawal', until: Infinity, foot };
      useDecisions.setState({ decided, sending: null, trouble: null, foot, made });
      return;
    }
    case 'conflict':
    case 'returned':
    case 'not_allowed':
    case 'unknown':
      putBack(sent, result.message ?? OUTCOME_WORDS[result.outcome], false);
  }
}

/** Nothing took effect as far as is known: the item is in the queue again, and the screen says why. */
function putBack(sent: Sent, message: string, again: boolean): void {
  const decided = new Map(useDecisions.getState().decided);
  decided.delete(sent.request.itemId);
  const title = `Not ${doneWord(sent.request.decision).toLowerCase()}: ${sent.about}`;
  useDecisions.setState({
    decided,
    sending: null,
    foot: title,
    trouble: { title, message, itemId: sent.request.itemId, again: again ? () => void send(sent) : null },
  });
}

/** Whether a call that failed may have arrived all the same. */
export function isUnanswered(error: unknown): boolean {
  return !(error instanceof CallFailure) || error.code === 'unavailable' || error.code === 'internal';
}

let onItsWay: Promise<void> = Promise.resolve();

/** Resolves when no decision is on its way any more. */
export function settled(): Promise<void> {
  return onItsWay;
}

/** Sends one decision and takes the item out of the queue at once. Sent again, it keeps its id, so it counts once. */
export function send(sent: Sent): Promise<void> {
  if (useDecisions.getState().sending === null) onItsWay = carry(sent);
  return onItsWay;
}

async function carry(sent: Sent): Promise<void> {
  const { itemId, expectedVersion, decision } = sent.request;
  useDecisions.setState({
    sending: sent,
    decided: new Map(useDecisions.getState().decided).set(itemId, expectedVersion),
    made: null,
    foot: `${doingWord(decision)} ${sent.about}`,
    trouble: null,
  });
  try {
    settle(sent, await ask('case.decide', sent.request));
  } catch (error) {
    putBack(sent, failureText(error), isUnanswered(error));
  } finally {
    refreshReviews();
  }
}

/** How a case is spoken of: "118 Lena K.". */
export function aboutCase(file: Pick<CaseFile, 'score' | 'referrer'>): string {
  return `${file.score} ${lineName(file.referrer.name)}`;
}

/** A new decision on the case as it was shown. */
export function newDecision(file: CaseFile, decision: Decision, reason: string, note: string): Sent {
  const text = note.trim();
  return {
    about: aboutCase(file),
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
