import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { UndoRequest } from '../../../core/contract/case.ts';
import type { OutboxRow } from '../../../core/contract/sync.ts';
import type { Decision, UndoKind } from '../../../core/domain/decision.ts';
import { ask } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { newestOf, onOutbox } from '../../app/outbox-news.ts';
import { queryClient } from '../../app/query-client.ts';
import { isOnline } from '../../app/sync-state.ts';
import { actWord, creditsMoved, doneWord, TAKE_BACK } from './decision-words.ts';
import { settled, troubleOf, useDecisions, type Made } from './decisions-made.ts';
import { useNotes } from './notes.ts';

/** A server that is there answers in a moment; where it does not, the undo stays in the outbox and nobody waits for it. */
const ANSWER_WITHIN_MS = 4_000;
const STANDS = 'The decision stands.';

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

/** "rejected 118 Lena K.", or "rejection of 118 Lena K." where it has had no effect yet; "decision of" where it is not known which. */
export function spoken(decision: Decision | null, kind: UndoKind, about: string): string {
  if (decision === null) return `decision on ${about}`;
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
    const row = newestOf(await ask('case.undo', request));
    return settle(target, await answered(row));
  } catch (error) {
    notTaken(target, error, () => void takeBack(target, undoId));
    return false;
  } finally {
    useTakingBack.setState({ decisionId: null });
    refreshReviews();
  }
}

function isUndelivered({ state }: OutboxRow): boolean {
  return state === 'queued' || state === 'sending';
}

/** The row once the server has answered it, or as it is where there is none to answer, or not soon. */
async function answered(row: OutboxRow): Promise<OutboxRow> {
  if (!isUndelivered(row) || !isOnline()) return row;
  const { promise, resolve } = Promise.withResolvers<OutboxRow>();
  const stop = onOutbox((rows) => {
    const news = rows.find(({ id }) => id === row.id);
    if (news !== undefined && !isUndelivered(news)) resolve(news);
  });
  const limit = setTimeout(() => resolve(row), ANSWER_WITHIN_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    stop();
  }
}

function settle(target: Target, row: OutboxRow): boolean {
  const { made } = useDecisions.getState();
  const rest = made?.sent.request.decisionId === target.decisionId ? null : made;
  switch (row.state) {
    case 'queued':
    case 'sending':
      // Open again here, and what is decided anew is sent behind it.
      openAgain(target, rest, laterWords(target));
      return true;
    case 'applied':
    case 'agreed':
    case 'withdrawn':
      takenBack(target, row, rest);
      return true;
    case 'awaiting_second':
    case 'conflict':
    case 'returned':
    case 'rejected':
      useDecisions.setState({ made: rest, foot: sentenceOfFailure(target, row.message ?? STANDS) });
      return false;
  }
}

function laterWords({ kind, what }: Target): string {
  return `${TAKE_BACK[kind].later}: ${what} · ${TAKE_BACK[kind].sent}`;
}

function takenBack(target: Target, row: OutboxRow, made: Made | null): void {
  const said = row.state === 'agreed' ? (row.message ?? 'It had been taken back already.') : creditsMoved(row);
  // What was not sent yet is withdrawn, whatever it would have taken later.
  const kind = row.kind === 'decide' ? 'withdrawal' : target.kind;
  const more = row.kind === 'decide' || said === '' ? '' : ` · ${said}`;
  openAgain(target, made, `${TAKE_BACK[kind].done}: ${target.what}${more}`);
}

function openAgain(target: Target, made: Made | null, foot: string): void {
  const decided = new Map(useDecisions.getState().decided);
  decided.delete(target.itemId);
  useDecisions.setState({ decided, made, foot });
  useNotes.getState().write(target.itemId, target.restores ?? '');
  // What is known of the case is from before: it must not be shown, even for a moment, as if it were decided.
  queryClient.removeQueries({ queryKey: ['case', target.itemId] });
}

function sentenceOfFailure(target: Target, message: string): string {
  return `Not ${TAKE_BACK[target.kind].done.toLowerCase()}: ${target.what} · ${message}`;
}

function notTaken(target: Target, error: unknown, again: () => void): void {
  const title = `Not ${TAKE_BACK[target.kind].done.toLowerCase()}: ${target.what}`;
  const trouble = troubleOf(error, title, target.itemId, again);
  useDecisions.setState({ foot: sentenceOfFailure(target, trouble.message), trouble });
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
