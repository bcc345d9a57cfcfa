import type { BulkPreview, BulkSession } from '../../../core/contract/bulk.ts';
import { counted } from '../../../core/domain/counted.ts';
import type { DecisionOutcome } from '../../../core/domain/decision.ts';
import { capital, number } from '../../ui/format.ts';
import { creditsMoved, doneWord } from '../case/decision-words.ts';

type SessionState = BulkSession['state'];

export const STATE_WORDS: { readonly [S in SessionState]: string } = {
  ready: 'not run yet',
  running: 'running',
  paused: 'paused',
  cancelled: 'cancelled',
  done: 'done',
  undoing: 'being undone',
  undone: 'undone',
};

export function isMoving(state: SessionState): boolean {
  return state === 'running' || state === 'undoing';
}

/** Outcomes in the order that matters to whoever ran it. */
export const OUTCOMES: readonly DecisionOutcome[] = [
  'applied',
  'awaiting_second',
  'agreed',
  'conflict',
  'returned',
  'not_allowed',
  'unknown',
];

/** What became of an item, in a column. */
export const OUTCOME_LABELS: { readonly [O in DecisionOutcome]: string } = {
  applied: 'Applied',
  awaiting_second: 'Waits for a second analyst',
  agreed: 'Had been decided the same',
  conflict: 'Had been decided differently',
  returned: 'Changed since it was chosen',
  not_allowed: 'Left alone',
  unknown: 'Not there any more',
};

/** "Reject 512 cases". */
export function title({ decision, items }: Pick<BulkSession, 'decision' | 'items'>): string {
  return `${decision === null ? 'Decide' : capital(decision)} ${counted(items, 'case')}`;
}

/** What the run button will do: "Reject 500 cases · rejects 12,340 and takes back 400 credits". */
export function runWords(session: BulkSession, preview: BulkPreview): string {
  const { paid, rejected, reversed, willDecide } = preview;
  const effects = [
    paid > 0 ? `pays ${number(paid)}` : null,
    rejected > 0 ? `rejects ${number(rejected)}` : null,
    reversed > 0 ? `takes back ${number(reversed)}` : null,
  ].filter((part) => part !== null);
  const what = title({ decision: session.decision, items: willDecide });
  return effects.length === 0 ? what : `${what} · ${effects.join(', ')} credits`;
}

/** How many of how many, and of what: while it is undone, of those that can be taken back. */
export function progressOf(session: BulkSession): { readonly done: number; readonly total: number } {
  if (session.state !== 'undoing' && session.state !== 'undone') return { done: session.settled, total: session.items };
  const total = (session.outcomes['applied'] ?? 0) + (session.outcomes['awaiting_second'] ?? 0);
  return { done: session.settled, total: Math.max(total, session.settled) };
}

/** One line for the foot of the window when a session has come to an end. */
export function endWords(session: BulkSession): string {
  if (session.state === 'undone') return `Bulk session undone: ${counted(progressOf(session).done, 'case')}`;
  if (session.state !== 'done') return `Bulk session ${STATE_WORDS[session.state]}`;
  const moved = creditsMoved(session);
  const done = session.decision === null ? 'Decided' : doneWord(session.decision);
  const applied = counted(session.outcomes['applied'] ?? 0, 'case');
  return `Bulk session done: ${done.toLowerCase()} ${applied}${moved === '' ? '' : ` · ${moved}`}`;
}

/** Whether the whole session can be taken back now: by a lead at any time, by whoever ran it within the time for it. */
export function mayUndo(
  session: BulkSession,
  reader: { readonly lead: boolean; readonly undoMinutes: number },
  now: number,
): boolean {
  if (!session.isMine && !reader.lead) return false;
  if (session.state !== 'done' && session.state !== 'cancelled') return false;
  if ((session.outcomes['applied'] ?? 0) + (session.outcomes['awaiting_second'] ?? 0) === 0) return false;
  if (reader.lead || session.finishedAt === null) return true;
  return now - Date.parse(session.finishedAt) < reader.undoMinutes * 60_000;
}
