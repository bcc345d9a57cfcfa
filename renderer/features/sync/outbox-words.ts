import type { ConflictView, OutboxRow } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';
import { TROUBLED, type OutboxState, type Resolution } from '../../../core/domain/outbox.ts';
import { capital, lineName, number } from '../../ui/format.ts';
import { actWord, creditsMoved, doneWord } from '../case/decision-words.ts';

/** Where a row stands, in words. */
export const STATE_WORDS: { readonly [S in OutboxState]: string } = {
  queued: 'Waiting',
  sending: 'Being sent',
  applied: 'Applied',
  agreed: 'Decided the same already',
  awaiting_second: 'Waits for a second analyst',
  conflict: 'Decided otherwise',
  returned: 'The case has changed',
  rejected: 'Refused',
  withdrawn: 'Withdrawn',
};

const SETTLED_WORDS: { readonly [R in Resolution]: string } = {
  kept: 'Settled: left as it is',
  redecided: 'Settled: decided again',
  handed_to_lead: 'Settled: with a lead',
};

export function isTroubled({ state, resolution }: Pick<OutboxRow, 'state' | 'resolution'>): boolean {
  return TROUBLED.includes(state) && resolution === null;
}

/** An objection that no lead has: what it was about needs a person, and not the objection. */
function isNothing({ kind, state, resolution }: Pick<OutboxRow, 'kind' | 'state' | 'resolution'>): boolean {
  return kind === 'object' && state === 'rejected' && resolution !== null;
}

/** Whether it had its effect, and has none any more. */
export function isTakenBack({ state, isUndone }: Pick<OutboxRow, 'state' | 'isUndone'>): boolean {
  return isUndone && state === 'applied';
}

/** What became of a row, with how a person settled it. */
export function standing(row: Pick<OutboxRow, 'kind' | 'state' | 'resolution' | 'isUndone'>): string {
  if (isNothing(row)) return STATE_WORDS.rejected;
  if (row.resolution !== null) return SETTLED_WORDS[row.resolution];
  if (isTakenBack(row)) return 'Undone';
  return row.kind === 'object' && row.state === 'applied' ? 'With a lead' : STATE_WORDS[row.state];
}

/** The shape that a row's state has beside its words; a troubled row that was settled is not troubled any more. */
export type Sign = OutboxState | 'settled';

export function signOf(row: Pick<OutboxRow, 'kind' | 'state' | 'resolution' | 'isUndone'>): Sign {
  if (isNothing(row) || isTakenBack(row)) return 'withdrawn';
  return row.resolution === null ? row.state : 'settled';
}

/** "118 Lena K.": as the foot of the window speaks of a case. */
export function aboutRow({ score, referrerName }: Pick<OutboxRow, 'score' | 'referrerName'>): string {
  return `${score} ${lineName(referrerName)}`;
}

/** What the row is: "Reject", "Undo", "Handed to a lead: reject". */
export function whatWords({ kind, decision }: Pick<OutboxRow, 'kind' | 'decision'>): string {
  if (kind === 'undo') return 'Undo';
  const word = decision === null ? 'Decide' : capital(decision);
  return kind === 'object' ? `To a lead: ${word.toLowerCase()}` : word;
}

/** "240 undos of a bulk session". */
export function manyWords({ kind }: Pick<OutboxRow, 'kind'>, count: number): string {
  return `${counted(count, kind === 'undo' ? 'undo' : 'decision')} of a bulk session`;
}

/** That others of its session came back as it did; null where none did. */
export function alikeWords({ troubled, toHand }: ConflictView['alike']): string | null {
  if (troubled < 2) return null;
  const told = `${number(troubled - 1)} more of this bulk session came back like it.`;
  const others = troubled - toHand;
  if (toHand === 0 || others === 0) return told;
  return others === 1
    ? `${told} 1 of them all is open, or a lead has it already.`
    : `${told} ${number(others)} of them all are open, or a lead has them already.`;
}

/** "Rejection of 118 Lena K." */
export function rowTitle(row: Pick<OutboxRow, 'kind' | 'decision' | 'score' | 'referrerName'>): string {
  if (row.kind === 'undo') return `Undo on ${aboutRow(row)}`;
  const act = row.decision === null ? 'Decision' : actWord(row.decision);
  return row.kind === 'object' ? `Objection: ${act.toLowerCase()} of ${aboutRow(row)}` : `${act} of ${aboutRow(row)}`;
}

const CAME_BACK: { readonly [S in OutboxState]?: string } = {
  conflict: 'somebody decided otherwise meanwhile',
  returned: 'the case has changed since you saw it',
  rejected: 'it was refused',
};

/** What came back, in one line: of one with why, of several how many. */
export function cameBackWords(rows: readonly OutboxRow[]): string {
  const [only] = rows;
  if (only === undefined) return '';
  if (rows.length > 1) return `${counted(rows.length, 'decision')} came back and need you.`;
  const done = only.decision === null ? 'Undone' : doneWord(only.decision);
  return `Not ${done.toLowerCase()}: ${aboutRow(only)} · ${CAME_BACK[only.state] ?? 'it came back'}`;
}

/** Credits of a row: what it moved, or what it would. */
export function creditWords(row: Pick<OutboxRow, 'state' | 'isUndone' | 'paid' | 'rejected' | 'reversed'>): string {
  const { paid, rejected, reversed } = row;
  if (isTakenBack(row)) return '';
  switch (row.state) {
    case 'applied':
      return capital(creditsMoved(row));
    case 'queued':
    case 'sending':
    case 'awaiting_second':
      return capital(
        [
          paid > 0 ? `pays ${number(paid)}` : '',
          rejected > 0 ? `rejects ${number(rejected)}` : '',
          reversed > 0 ? `takes back ${number(reversed)}` : '',
        ]
          .filter((part) => part !== '')
          .join(', '),
      );
    case 'agreed':
    case 'conflict':
    case 'returned':
    case 'rejected':
    case 'withdrawn':
      return '';
  }
}

type SessionBack = { readonly withdrawn: number; readonly undos: number };

/** "180 decisions withdrawn before they were sent, 60 undos put into the outbox for what was sent". */
export function sessionBackWords({ withdrawn, undos }: SessionBack): string {
  const parts = [
    withdrawn > 0
      ? `${counted(withdrawn, 'decision')} withdrawn before ${withdrawn === 1 ? 'it was' : 'they were'} sent`
      : '',
    undos > 0 ? `${counted(undos, 'undo')} put into the outbox for what was sent` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'nothing of it is left to take back' : parts.join(', ');
}
