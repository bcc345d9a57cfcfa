import { bandOf, isHigher } from './bands.ts';
import type { Facts } from './facts.ts';
import { holdForBand, log, pay, reject, type Till } from './money.ts';
import { fraudHold, openProposal } from './review.ts';
import { signalsOf } from './signals.ts';
import type { Item, Referral } from './state.ts';

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
    fileItem(referral);
    settle(till, referral);
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
  const waits = isWaiting(till, referral);
  for (const bonus of referral.bonuses.values()) {
    if (bonus.status !== 'pending' && bonus.status !== 'held') continue;
    if (referral.isRejected) reject(bonus);
    else if (referral.heldBand === 'low' || isCovered(referral)) {
      if (bonus.status === 'pending') pay(till, referral, bonus);
    } else if (bonus.holdReason === 'second_review' && waits) continue;
    else if (
      bonus.holdReason !== fraudHold(referral.heldBand) &&
      !(bonus.hasServed && referral.heldBand === 'medium')
    ) {
      holdForBand(till, referral, bonus);
    }
  }
}

/** Whether a first opinion waits for a second. */
function isWaiting({ state }: Till, { refereeId, items }: Referral): boolean {
  return items.some((item, nth) => openProposal(state.review, `${refereeId} ${nth}`, item) !== null);
}

export function isOpen({ status }: Item): boolean {
  return status === 'pending' || status === 'escalated';
}

/** What is high or critical has an item, open until decided; one beyond what was approved has a new one. */
function fileItem(referral: Referral): void {
  const { items, heldBand, score, signals } = referral;
  const open = items.find(isOpen);
  if (open !== undefined) showScore(open, referral);
  else if (isHigher(heldBand, 'medium') && !referral.isRejected && !isCovered(referral)) {
    const untouched = {
      assignee: null,
      notes: null,
      reviewedAt: null,
      version: 1,
      raisedVersion: 1,
      evidenceVersion: 1,
    };
    items.push({ score, signals, priority: heldBand, status: 'pending', ...untouched });
  }
}

function showScore(item: Item, { score, signals, heldBand }: Referral): void {
  const isSame = item.score === score && item.priority === heldBand && item.signals.join() === signals.join();
  if (isSame) return;
  item.version += 1;
  item.evidenceVersion = item.version;
  if (isHigher(heldBand, item.priority)) item.raisedVersion = item.version;
  Object.assign(item, { score, signals, priority: heldBand });
}
