import type { CaseBonus, CaseFile } from '../contract/case.ts';
import { TIMING_RULES } from '../domain/constants.ts';
import type { Mode } from '../domain/vocabulary.ts';

const DAY = 24 * 60 * 60 * 1000;

/**
 * What either decision would move, by the rules of `umpire.decide`: a button says what it will do. What another service paid
 * (`observe`) is not taken back.
 */
export function stakeOf(bonuses: readonly CaseBonus[], mode: Mode, now: Date): CaseFile['stake'] {
  const since = now.getTime() - TIMING_RULES.fraudReviewWindowDays * DAY;
  let releases = 0;
  let rejects = 0;
  let takesBack = 0;
  for (const { status, holdReason, releasedAt, credits } of bonuses) {
    if (status === 'held' && (holdReason?.startsWith('fraud_') === true || holdReason === 'second_review')) {
      releases += credits;
    }
    if (status === 'held' || status === 'pending') rejects += credits;
    if (mode === 'programme' && status === 'paid' && releasedAt !== null && Date.parse(releasedAt) > since)
      takesBack += credits;
  }
  return { releases, rejects, takesBack };
}
