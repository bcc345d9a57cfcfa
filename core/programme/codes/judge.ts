import { RATE_LIMITS } from '../../domain/constants.ts';
import type { CodeType, CreationRefusal } from '../../domain/vocabulary.ts';
import type { Micros } from '../instant.ts';
import { isFull } from '../limits/window.ts';

/** An attempt to make a code. */
export type CreationAttempt = {
  readonly eventId: string;
  readonly at: Micros;
  readonly code: string;
  readonly userId: string;
  readonly type: CodeType;
  /** It was accepted and is no longer contested: somebody was told so, or a referral through the code was scored. */
  readonly stands: boolean;
};

export type CreationVerdict = 'accepted' | CreationRefusal;

/**
 * What becomes of each attempt, by event id. `attempts` are in (at, id) order and hold everything that any of them contests:
 * the earliest gets a contested place, but for those that stand. `adopted` are codes that were there before all of them.
 */
export function judgeCreations(
  attempts: readonly CreationAttempt[],
  adopted: ReadonlySet<string>,
): ReadonlyMap<string, CreationVerdict> {
  const codes = new Set(adopted);
  const owners = new Set<string>();
  const made = new Map<string, Micros[]>();
  const take = ({ at, code, userId, type }: CreationAttempt): void => {
    codes.add(code);
    if (type === 'auto') owners.add(userId);
    if (type === 'custom') made.set(userId, [...(made.get(userId) ?? []), at]);
  };
  const judge = ({ at, code, userId, type }: CreationAttempt): CreationVerdict => {
    if (codes.has(code)) return 'code_taken';
    if (type === 'auto' && owners.has(userId)) return 'auto_code_exists';
    if (type === 'custom' && isFull(made.get(userId) ?? [], at, RATE_LIMITS.codeCreation)) return 'rate_limited';
    return 'accepted';
  };

  for (const attempt of attempts) if (attempt.stands) take(attempt);
  const verdicts = new Map<string, CreationVerdict>();
  for (const attempt of attempts) {
    const verdict = attempt.stands ? 'accepted' : judge(attempt);
    if (verdict === 'accepted' && !attempt.stands) take(attempt);
    verdicts.set(attempt.eventId, verdict);
  }
  return verdicts;
}
