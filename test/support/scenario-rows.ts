import { at } from './scenario-events.ts';
import type { Outcome, ReferralOutcome } from './scenario-outcome.ts';

type BonusEvent = 'registered' | 'activated' | 'qualified';
type Tier = 'bronze' | 'silver' | 'gold' | 'platinum';

/** What the referrer is paid, worked out by hand: 5, 10 and 25 times 1, 1.5, 2 and 3, halves rounded up. */
const REFERRER_CREDITS: { readonly [T in Tier]: { readonly [E in BonusEvent]: number } } = {
  bronze: { registered: 5, activated: 10, qualified: 25 },
  silver: { registered: 8, activated: 15, qualified: 38 },
  gold: { registered: 10, activated: 20, qualified: 50 },
  platinum: { registered: 15, activated: 30, qualified: 75 },
};

const REFEREE_CREDITS = 25;

/** A referral as it stands after scoring; its stage is `registered` and it is not flagged unless told. */
export function scored(
  score: number,
  signals: readonly string[] = [],
  more: Partial<ReferralOutcome> = {},
): ReferralOutcome {
  return { score, signals: [...signals].sort(), stage: 'registered', flagged: false, ...more };
}

/** One bonus: `rae registered: rob 5 paid`. */
export function bonus(refereeId: string, event: BonusEvent, userId: string, credits: number, state: string): string {
  return `${refereeId} ${event}: ${userId} ${credits} ${state}`;
}

/** All bonuses of these events of one referral in one state, the referee's own for the registration included. */
export function bonuses(
  state: string,
  refereeId = 'rae',
  events: readonly BonusEvent[] = ['registered'],
  referrerId = 'rob',
  tier: Tier = 'bronze',
): readonly string[] {
  return events.flatMap((event) => [
    bonus(refereeId, event, referrerId, REFERRER_CREDITS[tier][event], state),
    ...(event === 'registered' ? [bonus(refereeId, event, refereeId, REFEREE_CREDITS, state)] : []),
  ]);
}

/** The state of a bonus in the medium band that was first held at that offset. */
export function heldMedium(now = '+10d'): string {
  return `held fraud_medium until ${at(now, '+48h')}`;
}

export const HELD_HIGH = 'held fraud_high';
export const HELD_CRITICAL = 'held fraud_critical';

/** A review item: `rae 60 high pending: instant_qualification minimal_activity`. */
export function item(
  refereeId: string,
  score: number,
  priority: string,
  signals: readonly string[],
  status = 'pending',
): string {
  return `${refereeId} ${score} ${priority} ${status}: ${[...signals].sort().join(' ')}`;
}

/** Only Rae, in the low band: paid at once. */
export function raePaid(score = 0, signals: readonly string[] = []): Outcome {
  return { referrals: { rae: scored(score, signals) }, bonuses: bonuses('paid'), queue: [] };
}

/** Only Rae, in the medium band: both bonuses of the registration held for 48 hours, nothing for an analyst. */
export function raeHeld(score: number, signals: readonly string[]): Outcome {
  return { referrals: { rae: scored(score, signals) }, bonuses: bonuses(heldMedium()), queue: [] };
}

/** Only Rae, in the high band: held without a time, and in the queue. */
export function raeQueued(score: number, signals: readonly string[]): Outcome {
  return {
    referrals: { rae: scored(score, signals) },
    bonuses: bonuses(HELD_HIGH),
    queue: [item('rae', score, 'high', signals)],
  };
}

/** Only Rae, in the critical band: held, flagged, and first in the queue. */
export function raeBlocked(score: number, signals: readonly string[]): Outcome {
  return {
    referrals: { rae: scored(score, signals, { flagged: true }) },
    bonuses: bonuses(HELD_CRITICAL),
    queue: [item('rae', score, 'critical', signals)],
  };
}
