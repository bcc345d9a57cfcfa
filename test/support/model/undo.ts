import { isHigher } from './bands.ts';
import { placeOf } from './decisions.ts';
import { hold, holdForBand, payOut, reverse, type Till } from './money.ts';
import {
  type Before,
  isLead,
  type Made,
  openProposal,
  type UndoCall,
  type UndoKind,
  type UndoResult,
} from './review.ts';
import { isCovered } from './scoring.ts';
import { closeProposal } from './second-review.ts';
import { MINUTE } from './seed.ts';
import type { Item, Referral } from './state.ts';

/** Takes decisions back, one after the other. `retier` is called when what is unpaid or counts has changed. */
export function undoAll(till: Till, calls: readonly UndoCall[], by: string, retier: () => void): readonly UndoResult[] {
  return calls.map((call) => undo(till, call, by, retier));
}

const NOTHING = { kind: null, paid: 0, reversed: 0 };
const NO_MOVES = { paid: 0, reversed: 0 };

function undo(till: Till, call: UndoCall, by: string, retier: () => void): UndoResult {
  const { review } = till.state;
  const refused = { ...NOTHING, outcome: 'not_allowed', status: null, version: null, isTold: true } as const;
  const seen = review.undos.get(call.undoId);
  if (seen !== undefined) {
    const isSame = seen.call.decisionId === call.decisionId && seen.call.note === call.note;
    return isSame ? seen.result : refused;
  }
  if (review.decisions.has(call.undoId)) return refused;
  const result = judged(till, call, by);
  const { target } = result;
  if (target !== null && (result.outcome !== 'not_allowed' || !review.undos.has(call.decisionId))) {
    const place = placeOf(till.state, target.call.item);
    if (place === null) throw new Error('a decision about nothing');
    const moved = result.kind === null ? NO_MOVES : carryOut(till, place.referral, place.item, target, result.kind);
    if (result.kind !== null) {
      target.undone = true;
      retier();
    }
    const { status, version } = place.item;
    const { outcome, kind } = result;
    const told: UndoResult = { outcome, kind, status, version, ...moved, isTold: outcome !== 'applied' };
    review.undos.set(call.undoId, { call, by, result: told });
    return told;
  }
  return { ...refused, outcome: result.outcome };
}

type Judged = {
  readonly outcome: UndoResult['outcome'];
  /** What it is, where it has an effect. */
  readonly kind: UndoKind | null;
  readonly target: Made | null;
};

function judged(till: Till, call: UndoCall, by: string): Judged {
  const { review } = till.state;
  const target = review.decisions.get(call.decisionId) ?? null;
  if (target === null) {
    return { outcome: review.undos.has(call.decisionId) ? 'not_allowed' : 'unknown', kind: null, target };
  }
  const place = placeOf(till.state, target.call.item);
  if (place === null) throw new Error('a decision about nothing');
  const { key, item, referral } = place;
  const no = (outcome: UndoResult['outcome']): Judged => ({ outcome, kind: null, target });
  const isOwn = target.by === by;
  if (target.undone) return no('agreed');
  if (openProposal(review, key, item) === target) {
    return isOwn ? { outcome: 'applied', kind: 'withdrawal', target } : no('not_allowed');
  }
  if (target.before === null) return no('not_allowed');
  if (!isOwn && !isLead(review, by)) return no('not_allowed');
  const isInTime = till.now <= target.at + review.settings.undoMinutes * MINUTE;
  if (!isInTime && !isLead(review, by)) return no('not_allowed');
  const isNewest = referral.items.at(-1) === item;
  const last = [...review.decisions.values()].findLast(
    ({ before, undone, call: { item: about } }) => about === key && before !== null && !undone,
  );
  const isAsLeft = last === target && item.status === target.result.status;
  if (!isNewest || !isAsLeft) return no('conflict');
  return { outcome: 'applied', kind: isOwn && isInTime ? 'undo' : 'reversal', target };
}

type Moved = Pick<UndoResult, 'paid' | 'reversed'>;

function carryOut(till: Till, referral: Referral, item: Item, target: Made, kind: UndoKind): Moved {
  item.version += 1;
  if (kind === 'withdrawal') {
    closeProposal(till, referral, target, 'withdrawn');
    return NO_MOVES;
  }
  const { before } = target;
  if (before === null) throw new Error('it had no effect');
  const { status, assignee, notes, reviewedAt } = before;
  Object.assign(item, { status, assignee, notes, reviewedAt });
  switch (target.call.decision) {
    case 'approve':
      return { paid: 0, reversed: takeApprovalBack(till, referral, before) };
    case 'reject':
      return { paid: takeRejectionBack(till, referral, before), reversed: 0 };
    case 'escalate':
      return NO_MOVES;
  }
}

/** All that was paid since is taken back and held again; so is what waits for the claim limit only. */
function takeApprovalBack(till: Till, referral: Referral, before: Before): number {
  if (isHigher(before.heldBand, referral.heldBand)) referral.heldBand = before.heldBand;
  referral.approvedBand = before.approvedBand;
  referral.isFlagged = before.isFlagged || referral.heldBand === 'critical';
  let reversed = 0;
  for (const bonus of referral.bonuses.values()) {
    if (bonus.holdReason === 'rate_limited') holdForBand(till, referral, bonus);
    else if (bonus.status === 'paid' && bonus.paidNth >= before.log) {
      reversed += reverse(till, bonus);
      holdForBand(till, referral, bonus);
    }
  }
  return reversed;
}

/** What it rejected is as before, what it took back is paid again, what was rejected since waits for the engine. */
function takeRejectionBack(till: Till, referral: Referral, before: Before): number {
  referral.isRejected = false;
  referral.isFlagged = before.isFlagged || (referral.heldBand === 'critical' && !isCovered(referral));
  let paid = 0;
  for (const [key, bonus] of referral.bonuses) {
    if (bonus.status !== 'rejected') continue;
    const was = before.bonuses.get(key);
    if (was?.status === 'paid') paid += payOut(till, referral, bonus, 'adjustment');
    else if (was?.status === 'held' && was.holdReason === 'second_review') holdForBand(till, referral, bonus);
    else if (was?.status === 'held' && was.holdReason !== null) {
      hold(till, referral, bonus, was.holdReason, was.holdUntil);
    } else bonus.status = 'pending';
  }
  return paid;
}
