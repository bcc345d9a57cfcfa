import { isHigher } from './bands.ts';
import { type Place, placeOf } from './decisions.ts';
import { hold, holdForBand, payOut, reverse, type Till } from './money.ts';
import {
  type Before,
  type BonusBefore,
  isLead,
  type Made,
  openProposal,
  type Review,
  type UndoCall,
  type UndoKind,
  type UndoResult,
} from './review.ts';
import { isCovered } from './scoring.ts';
import { closeProposal } from './second-review.ts';
import { MINUTE } from './seed.ts';
import type { Bonus, Referral } from './state.ts';

/**
 * Takes decisions back, in the order of the calls: round by round, in each at most one of a referral, and those of one round all at once.
 * `retier` is called when what is unpaid, or what counts, has changed: what is held again is held for what it is worth by then.
 */
export function undoAll(till: Till, calls: readonly UndoCall[], by: string, retier: () => void): readonly UndoResult[] {
  const results: UndoResult[] = [];
  for (const round of roundsOf(till.state.review, calls)) {
    const holds: Holds = [];
    for (const [nth, call] of round) results[nth] = undo(till, call, by, holds);
    retier();
    for (const holdAgain of holds) holdAgain();
  }
  return results;
}

type Round = (readonly [nth: number, call: UndoCall])[];

/** Of a referral the first call is in the first round, the second in the second. Where an id is there twice, each is a round of its own. */
function roundsOf(review: Review, calls: readonly UndoCall[]): readonly Round[] {
  const isRepeated = new Set(calls.map(({ undoId }) => undoId)).size < calls.length;
  const told = new Map<string, number>();
  const rounds: Round[] = [];
  for (const [nth, call] of calls.entries()) {
    const [referee] = aboutOf(review, call.decisionId)?.split(' ') ?? [];
    const about = isRepeated ? '' : (referee ?? call.undoId);
    const round = told.get(about) ?? 0;
    told.set(about, round + 1);
    (rounds[round] ??= []).push([nth, call]);
  }
  return rounds;
}

/** What is left to do once all that counts again does so. */
type Holds = (() => void)[];

const NO_MOVES = { paid: 0, reversed: 0 };

function undo(till: Till, call: UndoCall, by: string, holds: Holds): UndoResult {
  const { review } = till.state;
  const place = placeOf(till.state, aboutOf(review, call.decisionId));
  const told = (outcome: UndoResult['outcome'], kind: UndoKind | null, moved: Moved): UndoResult => {
    const [status, version] = [place?.item.status ?? null, place?.item.version ?? null];
    return { outcome, kind, status, version, ...moved, isTold: outcome !== 'applied' };
  };
  const seen = review.undos.get(call.undoId);
  if (seen !== undefined && seen.call.decisionId === call.decisionId && seen.call.note === call.note)
    return seen.result;
  if (seen !== undefined || review.decisions.has(call.undoId)) return told('not_allowed', null, NO_MOVES);
  if (place === null) return told('unknown', null, NO_MOVES);
  const { outcome, kind, target } = judge(till, place, call, by);
  let moved = NO_MOVES;
  if (kind !== null && target !== null) {
    moved = carryOut(till, place, target, kind, holds);
    target.undone = true;
  }
  const result = told(outcome, kind, moved);
  review.undos.set(call.undoId, { call, by, result });
  return result;
}

/** The item that a decision is about, or that of the decision that an undo took back. */
function aboutOf({ decisions, undos }: Pick<Review, 'decisions' | 'undos'>, id: string): string | null {
  const undone = undos.get(id)?.call.decisionId;
  return undone === undefined ? (decisions.get(id)?.call.item ?? null) : aboutOf({ decisions, undos }, undone);
}

type Judged = {
  readonly outcome: UndoResult['outcome'];
  /** What it is, where it has an effect. */
  readonly kind: UndoKind | null;
  readonly target: Made | null;
};

function judge(till: Till, { key, item, referral }: Place, call: UndoCall, by: string): Judged {
  const { review } = till.state;
  const named = review.decisions.get(call.decisionId);
  // What waits with an earlier one of one's own is taken back as that one.
  const target = review.decisions.get(named?.waitsWith ?? call.decisionId) ?? null;
  if (target === null) return { outcome: 'not_allowed', kind: null, target };
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

function carryOut(till: Till, { referral, item }: Place, target: Made, kind: UndoKind, holds: Holds): Moved {
  if (kind === 'withdrawal') {
    closeProposal(till, referral, target, 'withdrawn');
    return NO_MOVES;
  }
  item.version += 1;
  const { before } = target;
  if (before === null) throw new Error('it had no effect');
  const { status, assignee, notes, reviewedAt } = before;
  Object.assign(item, { status, assignee, notes, reviewedAt });
  switch (target.call.decision) {
    case 'approve':
      return { paid: 0, reversed: takeApprovalBack(till, referral, before, holds) };
    case 'reject':
      return { paid: takeRejectionBack(till, referral, before, holds), reversed: 0 };
    case 'escalate':
      return NO_MOVES;
  }
}

/** All that was paid since is taken back and held again; so is what waits for the claim limit only. */
function takeApprovalBack(till: Till, referral: Referral, before: Before, holds: Holds): number {
  if (isHigher(before.heldBand, referral.heldBand)) referral.heldBand = before.heldBand;
  referral.approvedBand = before.approvedBand;
  referral.isFlagged = before.isFlagged || referral.heldBand === 'critical';
  let reversed = 0;
  for (const bonus of referral.bonuses.values()) {
    if (bonus.holdReason === 'rate_limited') holdForBand(till, referral, bonus);
    else if (bonus.status === 'paid' && bonus.paidNth >= before.log) {
      reversed += reverse(till, bonus);
      bonus.status = 'pending';
      holds.push(() => holdForBand(till, referral, bonus));
    }
  }
  return reversed;
}

/** What it rejected is as before, what it took back is paid again, what was rejected since waits for the engine. */
function takeRejectionBack(till: Till, referral: Referral, before: Before, holds: Holds): number {
  referral.isRejected = false;
  referral.isFlagged = before.isFlagged || (referral.heldBand === 'critical' && !isCovered(referral));
  let paid = 0;
  for (const [key, bonus] of referral.bonuses) {
    if (bonus.status !== 'rejected') continue;
    const was = before.bonuses.get(key);
    if (was?.status === 'paid') paid += payOut(till, referral, bonus, 'adjustment');
    else bonus.status = 'pending';
    if (was?.status === 'held') holds.push(() => holdAs(till, referral, bonus, was));
  }
  return paid;
}

function holdAs(till: Till, referral: Referral, bonus: Bonus, { holdReason, holdUntil }: BonusBefore): void {
  if (holdReason === null || holdReason === 'second_review') holdForBand(till, referral, bonus);
  else hold(till, referral, bonus, holdReason, holdUntil);
}
