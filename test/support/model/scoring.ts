import { bandOf, isHigher } from './bands.ts';
import type { Facts } from './facts.ts';
import { hold, log, pay, reject, type Till } from './money.ts';
import { HOUR } from './seed.ts';
import { signalsOf } from './signals.ts';
import type { Referral } from './state.ts';

const HOLD = 48 * HOUR;

/** Scores every referral and does what follows from its band. With nothing new it changes nothing. */
export function scoreAll(till: Till, facts: Facts): void {
  const signals = signalsOf(till.state, facts);
  for (const referral of till.state.referrals.values()) {
    const fired = signals(referral);
    referral.scored = true;
    referral.score = fired.reduce((sum, { points }) => sum + points, 0);
    referral.signals = fired.map(({ name }) => name).sort();
    const band = bandOf(referral.score);
    if (isHigher(band, referral.heldBand)) referral.heldBand = band;
    block(till, referral);
    settle(till, referral);
    fileItem(referral);
  }
}

/** An approval covers what comes while the band is not higher than the one approved. */
export function isCovered({ approvedBand, heldBand }: Referral): boolean {
  return approvedBand !== null && !isHigher(heldBand, approvedBand);
}

function block(till: Till, referral: Referral): void {
  // What is rejected has nothing left to block.
  if (referral.heldBand !== 'critical' || referral.isRejected) return;
  if (!isCovered(referral)) referral.isFlagged = true;
  if (referral.wasBlocked) return;
  referral.wasBlocked = true;
  log(till, referral, 'blocked', 0);
}

function settle(till: Till, referral: Referral): void {
  for (const bonus of referral.bonuses.values()) {
    if (bonus.status !== 'pending' && bonus.status !== 'held') continue;
    if (referral.isRejected) reject(bonus);
    else if (referral.heldBand === 'low' || isCovered(referral)) {
      if (bonus.status === 'pending') pay(till, referral, bonus);
    } else if (
      bonus.holdReason !== `fraud_${referral.heldBand}` &&
      !(bonus.hasServed && referral.heldBand === 'medium')
    ) {
      referral.firstHeldAt ??= till.now;
      const until = referral.heldBand === 'medium' ? referral.firstHeldAt + HOLD : null;
      hold(till, referral, bonus, `fraud_${referral.heldBand}`, until);
    }
  }
}

/** What is high or critical has an item, open until decided; one beyond what was approved has a new one. */
function fileItem(referral: Referral): void {
  const { items, heldBand, score, signals } = referral;
  const open = items.find(({ status }) => status === 'pending' || status === 'escalated');
  if (open !== undefined) Object.assign(open, { score, signals, priority: heldBand });
  else if (isHigher(heldBand, 'medium') && !referral.isRejected && !isCovered(referral)) {
    items.push({ score, signals, priority: heldBand, status: 'pending' });
  }
}
