import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { CaseFile, DecideRequest } from '../../../core/contract/case.ts';
import type { OutboxRow } from '../../../core/contract/sync.ts';
import type { Decision, UndoKind } from '../../../core/domain/decision.ts';
import { TROUBLED } from '../../../core/domain/outbox.ts';
import type { ReviewStatus } from '../../../core/domain/vocabulary.ts';
import { ask, CallFailure, failureText } from '../../app/bridge.ts';
import { readyWorkspace, refreshReviews } from '../../app/connection.ts';
import { newestOf, onOutbox } from '../../app/outbox-news.ts';
import { isOnline } from '../../app/sync-state.ts';
import { lineName } from '../../ui/format.ts';
import { actWord, creditsMoved, doingWord, doneWord, OUTCOME_WORDS } from './decision-words.ts';
import { useNotes } from './notes.ts';

/** A decision on its way into the outbox, and how it is spoken of: "118 Lena K.". `from` is what the item was then. */
export type Sent = { readonly request: DecideRequest; readonly about: string; readonly from: ReviewStatus };

/** Something that was not even written down. `again` is there where the very same may be tried once more. */
export type Trouble = {
  readonly title: string;
  readonly message: string;
  readonly itemId: string;
  readonly again: (() => void) | null;
  /** Nobody knows whether it was written down all the same. */
  readonly isUnanswered: boolean;
};

/** The decision that `u` takes back, until then on the clock of `performance.now()`; and what the foot said of it. */
export type Made = {
  readonly sent: Sent;
  readonly kind: UndoKind;
  readonly until: number;
  readonly foot: string;
};

/** What an item was when it was decided here: its version, or null for any as long as the decision waits for another analyst. */
export type DecidedFrom = { readonly version: number | null; readonly status: ReviewStatus };

type State = {
  /** Items decided here, as they were then: the queue shows them so no longer. */
  readonly decided: ReadonlyMap<string, DecidedFrom>;
  /** The last of the decisions that are on their way into the outbox. */
  readonly sending: Sent | null;
  readonly made: Made | null;
  readonly foot: string;
  readonly trouble: Trouble | null;
  /** What came back for a person to look at, told since this was last put aside; newest last. */
  readonly cameBack: readonly OutboxRow[];
};

const NOTHING: Omit<State, 'sending'> = { decided: new Map(), made: null, foot: '', trouble: null, cameBack: [] };

export const useDecisions = create<State>()(() => ({ ...NOTHING, sending: null }));

/**
 * Forgets what was decided in this window, since the copy that it was written to is gone: a case whose decision went with it is open,
 * and would be left out of the queue.
 */
export function forgetDecisions(): void {
  useDecisions.setState(NOTHING);
}

/** Says something at the foot of the window. */
export function say(foot: string): void {
  useDecisions.setState({ foot });
}

function sentence(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

function leaveOut(itemId: string, from: DecidedFrom | null): ReadonlyMap<string, DecidedFrom> {
  const decided = new Map(useDecisions.getState().decided);
  if (from === null) decided.delete(itemId);
  else decided.set(itemId, from);
  return decided;
}

/** What the foot says of a decision, and what `u` does about it, by where its row stands; null where it is over. */
function madeBy(sent: Sent, row: OutboxRow): Made | null {
  const done = `${doneWord(sent.request.decision)} ${sent.about}`;
  const minutes = readyWorkspace()?.undoMinutes ?? 0;
  switch (row.state) {
    case 'queued':
    case 'sending': {
      const online = isOnline();
      // On-line it is there in a moment: then the foot says what it moved.
      const foot = sentence(done, online ? '' : 'will be sent when on-line');
      return { sent, kind: online ? 'undo' : 'withdrawal', until: Infinity, foot };
    }
    case 'applied': {
      const foot = sentence(done, creditsMoved(row), row.message ?? '');
      return { sent, kind: 'undo', until: performance.now() + minutes * 60_000, foot };
    }
    case 'awaiting_second': {
      const foot = `${actWord(sent.request.decision)} of ${sent.about} waits for a second analyst`;
      return { sent, kind: 'withdrawal', until: Infinity, foot };
    }
    case 'agreed':
    case 'conflict':
    case 'returned':
    case 'rejected':
    case 'withdrawn':
      return null;
  }
}

function overWords({ request, about }: Sent, row: OutboxRow): string {
  if (row.state === 'agreed')
    return sentence(`${doneWord(request.decision)} ${about}`, row.message ?? OUTCOME_WORDS.agreed);
  const what = `${actWord(request.decision)} of ${about}`;
  return row.state === 'withdrawn' ? `${what} is withdrawn` : `${what} came back`;
}

/** What the foot says of where the last decision stands, unless something else was said there meanwhile. */
function followed(sent: Sent, row: OutboxRow): Partial<State> {
  const { made, foot } = useDecisions.getState();
  const now = madeBy(sent, row);
  const said = now?.foot ?? overWords(sent, row);
  return { made: now, ...(made === null || foot === made.foot ? { foot: said } : {}) };
}

function isTroubled(row: OutboxRow): boolean {
  return TROUBLED.includes(row.state) && row.resolution === null;
}

/**
 * What became of rows of the outbox: the queue, the foot and what has come back follow. A notice is one change, and none where it tells
 * nothing new: of a bulk session come thousands of rows, and all that is on the screen is drawn anew by each change.
 */
function hear(rows: readonly OutboxRow[]): void {
  const { made, decided, cameBack } = useDecisions.getState();
  const last = made === null ? undefined : rows.findLast(({ id }) => id === made.sent.request.decisionId);
  const decidedNow = decidedAfter(decided, rows);
  const cameBackNow = cameBackAfter(cameBack, rows);
  const change: Partial<State> = {
    ...(decidedNow === decided ? {} : { decided: decidedNow }),
    ...(cameBackNow === cameBack ? {} : { cameBack: cameBackNow }),
    ...(made === null || last === undefined ? {} : followed(made.sent, last)),
  };
  if (Object.keys(change).length > 0) useDecisions.setState(change);
}

/** For whoever decided it there is nothing left to do with it, in the versions to come too, in which it stays open. */
const WAITS: DecidedFrom = { version: null, status: 'pending' };

/** The very same where nothing changed. */
function decidedAfter(before: State['decided'], rows: readonly OutboxRow[]): State['decided'] {
  let after: Map<string, DecidedFrom> | null = null;
  for (const row of rows) {
    const from = (after ?? before).get(row.itemId);
    if (row.kind === 'decide' && row.state === 'awaiting_second') {
      if (from?.version !== null) (after ??= new Map(before)).set(row.itemId, WAITS);
    } else if (from !== undefined && (isOver(row) || isSettled(row, from))) {
      (after ??= new Map(before)).delete(row.itemId);
    }
  }
  return after ?? before;
}

/** The very same where nothing changed. */
function cameBackAfter(before: State['cameBack'], rows: readonly OutboxRow[]): State['cameBack'] {
  const known = new Map(before.map((row) => [row.id, row]));
  let isNews = false;
  for (const row of rows) {
    const old = known.get(row.id);
    if (isTroubled(row) ? old?.state === row.state && old.message === row.message : old === undefined) continue;
    isNews = true;
    known.delete(row.id);
    if (isTroubled(row)) known.set(row.id, row);
  }
  return isNews ? [...known.values()] : before;
}

/** Whether the decision that a row is about has no effect (any more). */
function isOver({ kind, state }: OutboxRow): boolean {
  if (kind === 'undo') return state === 'applied' || state === 'agreed';
  return kind === 'decide' && (TROUBLED.includes(state) || state === 'withdrawn');
}

/** Whether a second analyst has answered what waited for one: from then on the item's own status says whether there is something to do. */
function isSettled({ kind, state }: OutboxRow, from: DecidedFrom): boolean {
  return from.version === null && kind === 'decide' && (state === 'applied' || state === 'agreed');
}

/** Starts following what becomes of decisions; returns the function that ends it. */
export function followDecisions(): () => void {
  return onOutbox(hear);
}

/** Nothing was written down as far as is known: the item is in the queue again, and the screen says why. */
function putBack(sent: Sent, error: unknown): void {
  const title = `Not ${doneWord(sent.request.decision).toLowerCase()}: ${sent.about}`;
  useDecisions.setState({
    decided: leaveOut(sent.request.itemId, null),
    foot: title,
    trouble: troubleOf(error, title, sent.request.itemId, () => void send(sent)),
  });
}

/** What to tell of a call that failed: `again` is offered where it may have arrived all the same, or was not saved for the disk's sake. */
export function troubleOf(error: unknown, title: string, itemId: string, again: () => void): Trouble {
  const code = error instanceof CallFailure ? error.code : null;
  const isUnanswered = code === null || code === 'unavailable' || code === 'internal';
  const isWorthIt = isUnanswered || code === 'not_saved';
  return { title, message: failureText(error), itemId, again: isWorthIt ? again : null, isUnanswered };
}

let onItsWay: Promise<void> = Promise.resolve();

/** Resolves when no decision is on its way into the outbox any more. */
export function settled(): Promise<void> {
  return onItsWay;
}

/**
 * Takes the item out of the queue at once and puts the decision into the outbox, one after the other: a slow disk keeps nobody
 * from the next case. Sent again, it keeps its id, so it counts once.
 */
export function send(sent: Sent): Promise<void> {
  const { itemId, expectedVersion, decision } = sent.request;
  const { trouble } = useDecisions.getState();
  useDecisions.setState({
    sending: sent,
    decided: leaveOut(itemId, { version: expectedVersion, status: sent.from }),
    made: null,
    foot: `${doingWord(decision)} ${sent.about}`,
    // What was not written down of another case is not forgotten over this one.
    trouble: trouble?.itemId === itemId ? null : trouble,
  });
  onItsWay = onItsWay.then(() => carry(sent));
  return onItsWay;
}

async function carry(sent: Sent): Promise<void> {
  try {
    const row = newestOf(await ask('case.decide', sent.request));
    // The note went with the decision.
    useNotes.getState().write(sent.request.itemId, '');
    // The foot is the last one's.
    if (useDecisions.getState().sending === sent) useDecisions.setState(followed(sent, row));
    hear([row]);
  } catch (error) {
    putBack(sent, error);
  } finally {
    if (useDecisions.getState().sending === sent) useDecisions.setState({ sending: null });
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
    from: file.status,
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

/** Puts aside what came back: it stays in the outbox, and is counted there. */
export function dismissCameBack(): void {
  useDecisions.setState({ cameBack: [] });
}
