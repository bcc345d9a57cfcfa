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
  Object.assign(bonus, { status: 'paid', holdReason: null, holdUntil: null, releasedAt: till.now });
  log(till, referral, 'paid', bonus.credits);
  till.state.movements.push({ userId: bonus.userId, type: 'bonus', amount: bonus.credits });
  return bonus.credits;
}

export function hold(till: Till, referral: Referral, bonus: Bonus, holdReason: HoldReason, until: number | null): void {
  if (bonus.status === 'pending') log(till, referral, 'held', bonus.credits);
  Object.assign(bonus, { status: 'held', holdReason, holdUntil: until });
}

export function reject(bonus: Bonus): number {
  Object.assign(bonus, { status: 'rejected', holdReason: null, holdUntil: null });
  return bonus.credits;
}

/** Takes back in full what was paid; returns the credits. */
export function reverse(till: Till, bonus: Bonus): number {
  bonus.status = 'rejected';
  till.state.movements.push({ userId: bonus.userId, type: 'adjustment', amount: -bonus.credits });
  return bonus.credits;
}

export function log(till: Till, referral: Referral, kind: 'held' | 'paid' | 'blocked', credits: number): void {
  till.state.log.push({ at: till.now, kind, appId: referral.appId, credits });
}
