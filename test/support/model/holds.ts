import { bandOf, isHigher } from './bands.ts';
import { isCovered } from './scoring.ts';
import { SWITCHES } from './switches.ts';
import { pay, type Till } from './money.ts';

/** Pays the holds that have ended: of the medium band while the band is at most that, and of the claim limit. */
export function releaseHolds(till: Till): void {
  for (const referral of till.state.referrals.values()) {
    for (const bonus of referral.bonuses.values()) {
      if (bonus.status !== 'held' || bonus.holdUntil === null || bonus.holdUntil > till.now) continue;
      if (bonus.holdReason === 'fraud_medium' && isHigher(bandOf(referral.score), 'medium')) continue;
      const isClear = referral.heldBand === 'low' || isCovered(referral) || SWITCHES.servedClaimsArePaid;
      if (bonus.holdReason === 'rate_limited' && !isClear) continue;
      if (bonus.holdReason === 'fraud_medium') bonus.hasServed = true;
      pay(till, referral, bonus);
    }
  }
}
