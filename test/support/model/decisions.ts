import { bandOf } from './bands.ts';
import { pay, reject, reverse, type Till } from './money.ts';
import {
  type Before,
  type BonusBefore,
  type Decision,
  type DecisionCall,
  type DecisionResult,
  isLead,
  type Made,
  openProposal,
  type Outcome,
} from './review.ts';
import { closeProposal, holdForSecond, needsSecond } from './second-review.ts';
import { DAY } from './seed.ts';
import type { Item, Referral, State } from './state.ts';

const AFTER = { approve: 'approved', reject: 'rejected', escalate: 'escalated' } as const;

/**
 * In which order the effects of one call come about. It makes a difference where one of its rejections lowers the tier of what
 * another of its approvals pays; any order will do, as among calls at once.
 */
export const ORDERS = ['rejections first', 'approvals first', 'as told'] as const;
export type Order = (typeof ORDERS)[number];

type Place = { readonly key: string; readonly referral: Referral; readonly item: Item };

/** What is to become of a call, before anything is done. */
type Verdict = {
  readonly call: DecisionCall;
  readonly place: Place | null;
  readonly outcome: Outcome;
  /** The first opinion that this one answers. */
  readonly proposal: Made | null;
  readonly isFirstOpinion: boolean;
  readonly isTold: boolean;
  /** What was answered before to the same call. */
  readonly again: DecisionResult | null;
  readonly isReused: boolean;
};

/** Decides items, each on its own: outcomes in the order of the calls. `retier` is called when the tier counts have changed. */
export function decideAll(
  till: Till,
  calls: readonly DecisionCall[],
  by: string,
  order: Order,
  retier: () => void,
): readonly DecisionResult[] {
  const verdicts: Verdict[] = [];
  for (const call of calls) verdicts.push(judge(till, verdicts, call, by));

  const moved = new Map<Verdict, Moved>();
  for (const verdict of sorted(verdicts, order)) {
    if (verdict.place === null || verdict.again !== null || verdict.isReused) continue;
    moved.set(verdict, carryOut(till, verdict.place, verdict, by));
    retier();
  }

  return verdicts.map((verdict) => {
    const { call, place, outcome, again, isReused, isTold, isFirstOpinion } = verdict;
    if (again !== null) return again;
    const item = isReused ? null : (place?.item ?? null);
    const { before, paid, rejected, reversed } = moved.get(verdict) ?? NOTHING;
    const [status, version] = [item?.status ?? null, item?.version ?? null];
    const result = { outcome, status, version, paid, rejected, reversed, isTold };
    if (isReused || place === null) return result;
    const proposal = isFirstOpinion ? { version: place.item.version, closed: null } : null;
    till.state.review.decisions.set(call.decisionId, {
      ...{ call, by, at: till.now, result, before, proposal, undone: false },
    });
    return result;
  });
}

function judge(till: Till, earlier: readonly Verdict[], call: DecisionCall, by: string): Verdict {
  const { review } = till.state;
  const verdict = (outcome: Outcome, more: Partial<Verdict> = {}): Verdict => ({
    ...{ call, place: null, outcome, proposal: null, isFirstOpinion: false, isTold: outcome !== 'applied' },
    ...{ again: null, isReused: false },
    ...more,
  });
  const made = review.decisions.get(call.decisionId);
  if (made !== undefined && isSame(made.call, call)) return verdict(made.result.outcome, { again: made.result });
  if (made !== undefined || review.undos.has(call.decisionId)) return verdict('not_allowed', { isReused: true });
  const place = placeOf(till.state, call.item);
  if (place === null) return verdict('unknown');
  const { key, referral, item } = place;
  if (review.reasons.get(call.reason) !== call.decision) return verdict('not_allowed', { place });

  const against = (decision: Decision): Verdict =>
    verdict(call.decision === decision ? 'agreed' : 'conflict', { place });
  const first = earlier.find(
    (one) => one.place?.key === key && review.reasons.get(one.call.reason) === one.call.decision,
  );
  if (first !== undefined) return against(first.call.decision);
  if (item.status === 'approved') return against('approve');
  if (item.status === 'rejected') return against('reject');
  if (item.status === 'escalated') {
    if (call.decision === 'escalate') return verdict('agreed', { place });
    if (!isLead(review, by)) return verdict('not_allowed', { place });
  }
  const { expectedVersion } = call;
  if (expectedVersion !== null && expectedVersion < item.raisedVersion) return verdict('returned', { place });
  const applied = (proposal: Made | null): Verdict =>
    verdict('applied', { place, proposal, isTold: expectedVersion !== null && expectedVersion < item.version });

  const proposal = openProposal(review, key, item);
  const waits = call.decision !== 'escalate' && item.status === 'pending' && needsSecond(till, referral, key);
  if (!waits) return applied(proposal);
  if (proposal === null) return verdict('awaiting_second', { place, isFirstOpinion: true });
  const isAlike = proposal.call.decision === call.decision;
  if (proposal.by === by) return verdict(isAlike ? 'awaiting_second' : 'not_allowed', { place });
  return isAlike ? applied(proposal) : verdict('conflict', { place, proposal });
}

/** The same call once more, or another one under its id. */
function isSame(a: DecisionCall, b: DecisionCall): boolean {
  return a.item === b.item && a.decision === b.decision && a.reason === b.reason && a.note === b.note;
}

export function placeOf(state: State, key: string | null): Place | null {
  const [refereeId = '', nth] = (key ?? '').split(' ');
  const referral = state.referrals.get(refereeId);
  const item = referral?.items[Number(nth)];
  return key === null || referral === undefined || item === undefined ? null : { key, referral, item };
}

function sorted(verdicts: readonly Verdict[], order: Order): readonly Verdict[] {
  if (order === 'as told') return verdicts;
  const first = order === 'rejections first' ? 'reject' : 'approve';
  const isFirst = ({ call, outcome }: Verdict): boolean => outcome === 'applied' && call.decision === first;
  return [...verdicts.filter(isFirst), ...verdicts.filter((one) => !isFirst(one))];
}

type Moved = {
  readonly before: Before | null;
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
};
const NOTHING: Moved = { before: null, paid: 0, rejected: 0, reversed: 0 };

function carryOut(till: Till, { referral, item }: Place, verdict: Verdict, by: string): Moved {
  const { call, outcome, proposal, isFirstOpinion } = verdict;
  if (isFirstOpinion) {
    holdForSecond(referral);
    item.version += 1;
    return NOTHING;
  }
  if (outcome === 'conflict' && proposal !== null) {
    closeProposal(till, referral, proposal, 'disagreed');
    item.status = 'escalated';
    item.version += 1;
    return NOTHING;
  }
  if (outcome !== 'applied') return NOTHING;
  if (proposal !== null) {
    closeProposal(till, referral, proposal, proposal.call.decision === call.decision ? 'agreed' : 'superseded');
  }
  const { status, assignee, notes, reviewedAt } = item;
  const { isFlagged, heldBand, approvedBand } = referral;
  const touched = new Map<string, BonusBefore>();
  const before = { status, assignee, notes, reviewedAt, isFlagged, heldBand, approvedBand };
  const entry = { log: till.state.log.length, bonuses: touched };
  const moved = effect(till, referral, call.decision, touched);
  item.status = AFTER[call.decision];
  item.version += 1;
  if (call.note !== null) item.notes = call.note;
  item.assignee = by;
  item.reviewedAt = till.now;
  return { ...NOTHING, before: { ...before, ...entry }, ...moved };
}

function effect(
  till: Till,
  referral: Referral,
  decision: Decision,
  touched: Map<string, BonusBefore>,
): Partial<DecisionResult> {
  switch (decision) {
    case 'approve':
      return approve(till, referral);
    case 'reject':
      return rejectReferral(till, referral, touched);
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

function rejectReferral(till: Till, referral: Referral, touched: Map<string, BonusBefore>): Partial<DecisionResult> {
  referral.isRejected = true;
  referral.isFlagged = true;
  let rejected = 0;
  let reversed = 0;
  for (const [key, bonus] of referral.bonuses) {
    const { status, holdReason, holdUntil } = bonus;
    if (status === 'rejected') continue;
    if (status === 'paid' && (bonus.releasedAt ?? 0) < till.now - 7 * DAY) continue;
    touched.set(key, { status, holdReason, holdUntil });
    if (status === 'paid') reversed += reverse(till, bonus);
    else rejected += reject(bonus);
  }
  return { rejected, reversed };
}
