import { bandOf, isHigher } from './bands.ts';
import { pay, type Till } from './money.ts';

/** Pays the holds that have ended: of the medium band while the band is at most that, and of the claim limit. */
export function releaseHolds(till: Till): void {
  for (const referral of till.state.referrals.values()) {
    for (const bonus of referral.bonuses.values()) {
      if (bonus.status !== 'held' || bonus.holdUntil === null || bonus.holdUntil > till.now) continue;
      if (bonus.holdReason === 'fraud_medium' && isHigher(bandOf(referral.score), 'medium')) continue;
      if (bonus.holdReason === 'fraud_medium') bonus.hasServed = true;
      pay(till, referral, bonus);
    }
  }
}
