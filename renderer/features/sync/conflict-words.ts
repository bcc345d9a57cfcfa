import type { ConflictView } from '../../../core/contract/sync.ts';
import { actWord } from '../case/decision-words.ts';

/** What is said where no decision is known that stands, or was taken back. */
export function nobodyWords({ row, now }: Pick<ConflictView, 'row' | 'now'>): string {
  if (now === null) return 'The item is no longer in the queue.';
  if (now.status !== 'pending') return 'Who decided is not known on this computer.';
  return row.state === 'conflict'
    ? 'It was taken back since: the case is open again.'
    : 'No decision stands: the case is open.';
}

/** What is said where no change in the evidence is known: that there is none, or that it is not known yet. */
export function unchangedWords({ isBehind, takenBack }: Pick<ConflictView, 'isBehind' | 'takenBack'>): string {
  if (isBehind) return 'What changed is not known here yet.';
  const nothing = 'Nothing: score, band and signals are as you saw them.';
  return takenBack === null ? nothing : `${nothing} A decision was taken back.`;
}

/** What deciding again means here, or why it cannot be. */
export function againWords({ may, theirs, takesBackFirst, why }: ConflictView): string | null {
  if (!may.redecide) return why;
  if (theirs === null) return 'Leave it as it is, or decide again on what is known now.';
  const whose = theirs.mine === null ? `${theirs.by}’s` : 'your own';
  const what = `${whose} ${actWord(theirs.decision).toLowerCase()}`;
  return takesBackFirst ? `Deciding again takes ${what} back first.` : `Deciding again answers ${what}.`;
}

/** "mira (you, elsewhere)" */
export function whoWords({ by, mine }: Pick<NonNullable<ConflictView['theirs']>, 'by' | 'mine'>): string {
  return mine === 'elsewhere' ? `${by} (you, elsewhere)` : by;
}
