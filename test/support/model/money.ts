import { HOUR } from './seed.ts';
import { fraudHold } from './review.ts';
import type { Bonus, HoldReason, Referral, State } from './state.ts';

/** What a payment or a hold needs to know besides the bonus. */
export type Till = {
  readonly state: State;
  readonly now: number;
  /** From when on a bonus may be paid; at once where it is not among them. */
  readonly payable: ReadonlyMap<Bonus, number>;
};

/** Pays, or waits for the claim limit; returns the credits that moved. */
export function pay(till: Till, referral: Referral, bonus: Bonus): number {
  const from = till.payable.get(bonus) ?? till.now;
  if (from > till.now) {
    hold(till, referral, bonus, 'rate_limited', from);
    return 0;
  }
  return payOut(till, referral, bonus, 'bonus');
}

/** Pays whatever the claim limit says. */
export function payOut(till: Till, referral: Referral, bonus: Bonus, type: 'bonus' | 'adjustment'): number {
  Object.assign(bonus, { status: 'paid', holdReason: null, holdUntil: null, releasedAt: till.now });
  bonus.paidNth = till.state.log.length;
  log(till, referral, 'paid', bonus.credits, bonus);
  move(till, bonus, type, bonus.credits);
  return bonus.credits;
}

export function hold(till: Till, referral: Referral, bonus: Bonus, holdReason: HoldReason, until: number | null): void {
  if (bonus.status !== 'held') log(till, referral, 'held', bonus.credits, bonus);
  Object.assign(bonus, { status: 'held', holdReason, holdUntil: until });
}

const HOLD = 48 * HOUR;

/** Holds as the band that a referral has reached asks for. */
export function holdForBand(till: Till, referral: Referral, bonus: Bonus): void {
  referral.firstHeldAt ??= till.now;
  const until = referral.heldBand === 'medium' ? referral.firstHeldAt + HOLD : null;
  hold(till, referral, bonus, fraudHold(referral.heldBand), until);
}

export function reject(bonus: Bonus): number {
  Object.assign(bonus, { status: 'rejected', holdReason: null, holdUntil: null });
  return bonus.credits;
}

/** Takes back in full what was paid, and leaves it rejected; returns the credits. */
export function reverse(till: Till, bonus: Bonus): number {
  bonus.status = 'rejected';
  bonus.transitions.push(`reversed ${bonus.credits}`);
  move(till, bonus, 'adjustment', -bonus.credits);
  return bonus.credits;
}

export function log(
  till: Till,
  referral: Referral,
  kind: 'held' | 'paid' | 'blocked',
  credits: number,
  bonus?: Bonus,
): void {
  till.state.log.push({ at: till.now, kind, appId: referral.appId, credits });
  bonus?.transitions.push(`${kind} ${credits}`);
}

function move(till: Till, bonus: Bonus, type: 'bonus' | 'adjustment', amount: number): void {
  till.state.movements.push({ userId: bonus.userId, type, amount });
  bonus.ledger.push(`${type} ${amount}`);
}
