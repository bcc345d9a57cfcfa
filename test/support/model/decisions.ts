import { bandOf } from './bands.ts';
import { pay, reject, reverse, type Till } from './money.ts';
import { DAY } from './seed.ts';
import type { Item, Referral } from './state.ts';

export type Decision = 'approve' | 'reject' | 'escalate';

export type DecisionResult = {
  readonly outcome: 'applied' | 'agreed' | 'conflict';
  readonly status: Item['status'];
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
};

const AFTER = { approve: 'approved', reject: 'rejected', escalate: 'escalated' } as const;

/** Decides one item of a referral. What is decided stands: the same again agrees, another conflicts. */
export function decideItem(till: Till, referral: Referral, item: Item, decision: Decision): DecisionResult {
  const nothing = { paid: 0, rejected: 0, reversed: 0 };
  const isClosed = item.status === 'approved' || item.status === 'rejected';
  if (item.status === AFTER[decision]) return { outcome: 'agreed', status: item.status, ...nothing };
  if (isClosed) return { outcome: 'conflict', status: item.status, ...nothing };
  item.status = AFTER[decision];
  const moved = { ...nothing, ...effect(till, referral, decision) };
  return { outcome: 'applied', status: item.status, ...moved };
}

function effect(till: Till, referral: Referral, decision: Decision): Partial<DecisionResult> {
  switch (decision) {
    case 'approve':
      return approve(till, referral);
    case 'reject':
      return rejectReferral(till, referral);
    case 'escalate':
      return {};
  }
}

function approve(till: Till, referral: Referral): Partial<DecisionResult> {
  // What is approved is what is there to see: a band that it once had and has no more may come back for another look.
  referral.heldBand = bandOf(referral.score);
  referral.approvedBand = referral.heldBand;
  referral.isFlagged = false;
  let paid = 0;
  for (const bonus of referral.bonuses.values()) {
    if (bonus.status === 'held' && bonus.holdReason !== 'rate_limited') paid += pay(till, referral, bonus);
  }
  return { paid };
}

function rejectReferral(till: Till, referral: Referral): Partial<DecisionResult> {
  referral.isRejected = true;
  referral.isFlagged = true;
  let rejected = 0;
  let reversed = 0;
  for (const bonus of referral.bonuses.values()) {
    if (bonus.status === 'held' || bonus.status === 'pending') rejected += reject(bonus);
    else if (bonus.status === 'paid' && (bonus.releasedAt ?? 0) >= till.now - 7 * DAY) {
      reversed += reverse(till, bonus);
    }
  }
  return { rejected, reversed };
}
