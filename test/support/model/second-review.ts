import { holdForBand, type Till } from './money.ts';
import { type Closed, isSampled, type Made } from './review.ts';
import { DAY } from './seed.ts';
import type { Referral } from './state.ts';

/** Whether a decision about this item takes effect only when a second analyst agrees. */
export function needsSecond({ state, now }: Till, referral: Referral, nth: number): boolean {
  const { above, share } = state.review.settings;
  return (above !== null && stakeOf(referral, now) > above) || isSampled(referral.id, nth, share);
}

/** Credits that a decision may move: what is unpaid, and what was paid within 7 days. */
function stakeOf({ bonuses }: Referral, now: number): number {
  let stake = 0;
  for (const { status, credits, releasedAt } of bonuses.values()) {
    const isRecent = status === 'paid' && (releasedAt ?? 0) >= now - 7 * DAY;
    if (status === 'pending' || status === 'held' || isRecent) stake += credits;
  }
  return stake;
}

/** While a first opinion waits, no hold of the referral runs out. */
export function holdForSecond(referral: Referral): void {
  for (const bonus of referral.bonuses.values()) {
    if (bonus.holdReason?.startsWith('fraud_') === true) {
      Object.assign(bonus, { holdReason: 'second_review', holdUntil: null });
    }
  }
}

/** A first opinion is settled in some way: what waited for it is held for its band as before. */
export function closeProposal(till: Till, referral: Referral, { proposal }: Made, how: Closed): void {
  if (proposal === null) throw new Error('not a first opinion');
  proposal.closed = how;
  for (const bonus of referral.bonuses.values()) {
    if (bonus.holdReason === 'second_review') holdForBand(till, referral, bonus);
  }
}
