import { RATE_LIMITS } from '../../domain/constants.ts';
import type { CodeType, Refusal } from '../../domain/vocabulary.ts';
import type { Micros } from '../instant.ts';
import { isFull } from '../limits/window.ts';

/** A code as it was at the moment of a registration. */
export type CodeAt = {
  readonly codeId: string;
  readonly ownerId: string;
  readonly type: CodeType;
  readonly isActive: boolean;
  readonly maxUses: number | null;
  readonly expiresAt: Micros | null;
};

export type Attempt = { readonly at: Micros; readonly refereeId: string };

/** Places already taken when an attempt is judged: by earlier accepted registrations, and by any whose place stands. */
export interface Places {
  uses(codeId: string): number;
  isReferred(refereeId: string): boolean;
  /** Times of accepted registrations through a code; later ones among them stand. */
  ofCode(codeId: string): readonly Micros[];
  /** The same for a referrer, campaign codes left out. */
  ofReferrer(referrerId: string): readonly Micros[];
}

export type Verdict = 'accepted' | Refusal;

/** Whether a registration is accepted, or the first reason why not, in the order of SPEC 2. */
export function judge(attempt: Attempt, code: CodeAt | null, places: Places): Verdict {
  if (code === null) return 'invalid_code';
  if (!code.isActive) return 'code_inactive';
  if (code.expiresAt !== null && code.expiresAt <= attempt.at) return 'code_expired';
  if (code.maxUses !== null && places.uses(code.codeId) >= code.maxUses) return 'code_max_uses';
  if (code.ownerId === attempt.refereeId) return 'self_referral';
  if (places.isReferred(attempt.refereeId)) return 'already_referred';
  if (isFull(places.ofCode(code.codeId), attempt.at, RATE_LIMITS.registrationsPerCode)) return 'rate_limited';
  const countsForReferrer = code.type !== 'campaign';
  if (countsForReferrer && isFull(places.ofReferrer(code.ownerId), attempt.at, RATE_LIMITS.registrationsPerReferrer)) {
    return 'rate_limited';
  }
  return 'accepted';
}
