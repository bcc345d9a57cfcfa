import type { Cache } from '../cache/cache.ts';
import type { Asks } from '../cache/settling.ts';
import { UNDO_IS_LATE } from '../domain/decision.ts';
import type { Outgoing } from '../sync/ports.ts';
import { referenceOf } from './reference.ts';

/** What a lead is asked for where an undo was refused: to look at what stands. Null where no reason for that is known yet. */
export function asksOf(cache: Pick<Cache, 'reference'>): Asks | null {
  const reason = referenceOf(cache.reference()).reasons.find(({ decision }) => decision === 'escalate');
  return reason === undefined ? null : { decision: 'escalate', reason: reason.code };
}

/** What goes to a lead with what came back: of an undo that it is one and why it came back, what is written now, and what was written with it. */
export function noteOf({ kind, message, note }: Outgoing, written: string | null): string | null {
  if (kind !== 'undo') return written;
  const why =
    message === UNDO_IS_LATE
      ? 'To be undone: it reached the server after the time to undo.'
      : `To be undone. The server said: ${message ?? 'no'}`;
  const whole = [why, written, note === null ? null : `The undo said: ${note}`]
    .filter((part) => part !== null)
    .join(' ');
  // As the server counts.
  return Array.from(whole).slice(0, MOST_CHARACTERS).join('');
}

const MOST_CHARACTERS = 4000;
