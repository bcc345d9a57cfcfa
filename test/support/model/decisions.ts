import { bandOf } from './bands.ts';
import { pay, reject, reverse, type Till } from './money.ts';
import {
  type Before,
  type Decision,
  type DecisionCall,
  type DecisionResult,
  escalatedBy,
  isLead,
  isTakenBackSince,
  type Made,
  openProposal,
  type Outcome,
} from './review.ts';
import { closeProposal, holdForSecond, needsSecond } from './second-review.ts';
import { DAY } from './seed.ts';
import type { Item, Referral, State } from './state.ts';

const AFTER = { approve: 'approved', reject: 'rejected', escalate: 'escalated' } as const;

export type Place = { readonly key: string; readonly referral: Referral; readonly item: Item };

/** What is to become of a call, before anything is done. */
type Verdict = {
  readonly call: DecisionCall;
  readonly place: Place | null;
  readonly outcome: Outcome;
  /** The first opinion that this one answers. */
  readonly proposal: Made | null;
  readonly isFirstOpinion: boolean;
  /** One's own first opinion that it waits with, by its key. */
  readonly waitsWith: string | null;
  /** It answers somebody else's first opinion: it takes effect by itself when all else of the call has. */
  readonly isSecondOpinion: boolean;
  readonly isTold: boolean;
  /** What was answered before to the same call. */
  readonly again: DecisionResult | null;
  readonly isReused: boolean;
};

/**
 * Decides items, each on its own: outcomes in the order of the calls. All rejections of one call count before any of it moves
 * credits: what it pays and rejects is worth what it is worth after them, in whatever order they were told. `retier` is called
 * when they count.
 */
export function decideAll(
  till: Till,
  calls: readonly DecisionCall[],
  by: string,
  retier: () => void,
): readonly DecisionResult[] {
  const results = [...decideSet(till, calls, by, retier, false)];
  const waiting = calls.flatMap((_, nth) => (results[nth] === null ? [nth] : []));
  const settled = decideSet(
    till,
    waiting.flatMap((nth) => calls[nth] ?? []),
    by,
    retier,
    true,
  );
  for (const [rank, nth] of waiting.entries()) results[nth] = settled[rank] ?? null;
  return results.map((result) => {
    if (result === null) throw new Error('a second opinion was not settled');
    return result;
  });
}

/** Null for second opinions, unless they are settled. */
function decideSet(
  till: Till,
  calls: readonly DecisionCall[],
  by: string,
  retier: () => void,
  settles: boolean,
): readonly (DecisionResult | null)[] {
  if (calls.length === 0) return [];
  const verdicts: Verdict[] = [];
  for (const call of calls) verdicts.push(judge(till, verdicts, call, by, settles));

  const befores = new Map<Verdict, Before>();
  for (const verdict of verdicts) {
    const { call, place, outcome } = verdict;
    if (place === null || !isNew(verdict) || outcome !== 'applied') continue;
    befores.set(verdict, beforeOf(till, place));
    if (call.decision === 'reject') place.referral.isRejected = true;
  }
  retier();

  const moved = new Map<Verdict, Moved>();
  for (const verdict of verdicts) {
    const { place } = verdict;
    if (place !== null && isNew(verdict)) moved.set(verdict, carryOut(till, place, verdict, by, befores.get(verdict)));
  }
  retier();

  return verdicts.map((verdict) => {
    const { call, place, outcome, again, isReused, isTold, isFirstOpinion, waitsWith } = verdict;
    if (again !== null) return again;
    if (verdict.isSecondOpinion) return null;
    const item = place?.item ?? null;
    const { paid, rejected, reversed } = moved.get(verdict) ?? NOTHING;
    const before = befores.get(verdict) ?? null;
    const [status, version] = [item?.status ?? null, item?.version ?? null];
    const result = { outcome, status, version, paid, rejected, reversed, isTold };
    if (isReused || place === null) return result;
    const proposal = isFirstOpinion ? { version: place.item.version, closed: null } : null;
    const made = { call, by, at: till.now, result, before, proposal, waitsWith, undone: false };
    till.state.review.decisions.set(call.decisionId, made);
    return result;
  });
}

function judge(till: Till, earlier: readonly Verdict[], call: DecisionCall, by: string, settles: boolean): Verdict {
  const { review } = till.state;
  const verdict = (outcome: Outcome, more: Partial<Verdict> = {}): Verdict => ({
    call,
    place: null,
    outcome,
    proposal: null,
    isFirstOpinion: false,
    waitsWith: null,
    isSecondOpinion: false,
    isTold: outcome !== 'applied',
    again: null,
    isReused: false,
    ...more,
  });
  const made = review.decisions.get(call.decisionId);
  if (made !== undefined && isSame(made.call, call)) return verdict(made.result.outcome, { again: made.result });
  const place = placeOf(till.state, call.item);
  if (made !== undefined || review.undos.has(call.decisionId)) return verdict('not_allowed', { place, isReused: true });
  if (place === null) return verdict('unknown');
  const { key, referral, item } = place;
  if (review.reasons.get(call.reason) !== call.decision) return verdict('not_allowed', { place });

  const against = (decision: Decision): Verdict =>
    verdict(call.decision === decision ? 'agreed' : 'conflict', { place });
  // Only what came to something is there to agree with.
  const first = earlier.find((one) => one.place?.key === key && hasEffect(one));
  if (first !== undefined) return against(first.call.decision);
  if (item.status === 'approved') return against('approve');
  if (item.status === 'rejected') return against('reject');
  if (item.status === 'escalated') {
    if (call.decision === 'escalate') return verdict('agreed', { place });
    // Who looked at it before it went to the lead has decided differently; who knew may not.
    const knew = call.expectedVersion === null || call.expectedVersion >= item.version;
    if (!isLead(review, by)) return verdict(knew ? 'not_allowed' : 'conflict', { place });
    const isWatched = needsSecond(till, referral, referral.items.indexOf(item));
    if (isWatched && escalatedBy(review, key) === by) return verdict('not_allowed', { place });
  }
  const { expectedVersion } = call;
  if (expectedVersion !== null && expectedVersion > item.version) return verdict('not_allowed', { place });
  if (expectedVersion !== null && expectedVersion < item.raisedVersion) return verdict('returned', { place });
  if (expectedVersion !== null && isTakenBackSince(review, key, expectedVersion, by)) {
    return verdict('returned', { place });
  }
  const applied = (proposal: Made | null): Verdict =>
    verdict('applied', { place, proposal, isTold: expectedVersion !== null && expectedVersion < item.evidenceVersion });

  const proposal = openProposal(review, key, item);
  // Somebody else's first opinion is answered, whatever the settings say by now.
  const isAnswer = proposal !== null && proposal.by !== by;
  const waits =
    call.decision !== 'escalate' &&
    item.status === 'pending' &&
    (isAnswer || needsSecond(till, referral, referral.items.indexOf(item)));
  if (!waits) return applied(proposal);
  if (proposal === null) return verdict('awaiting_second', { place, isFirstOpinion: true });
  const isAlike = proposal.call.decision === call.decision;
  if (!isAnswer) {
    return isAlike
      ? verdict('awaiting_second', { place, waitsWith: proposal.call.decisionId })
      : verdict('not_allowed', { place });
  }
  if (!settles) return verdict('awaiting_second', { place, isSecondOpinion: true });
  return isAlike ? applied(proposal) : verdict('conflict', { place, proposal });
}

function hasEffect({ outcome, proposal }: Verdict): boolean {
  return outcome === 'applied' || outcome === 'awaiting_second' || (outcome === 'conflict' && proposal !== null);
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

function isNew({ again, isReused, isSecondOpinion }: Verdict): boolean {
  return again === null && !isReused && !isSecondOpinion;
}

/** What a decision finds. */
function beforeOf(till: Till, { referral, item }: Place): Before {
  const { status, assignee, notes, reviewedAt } = item;
  const { isFlagged, heldBand, approvedBand } = referral;
  const bonuses = new Map(
    [...referral.bonuses].map(([key, { status, holdReason, holdUntil }]) => [key, { status, holdReason, holdUntil }]),
  );
  const log = till.state.log.length;
  return { status, assignee, notes, reviewedAt, isFlagged, heldBand, approvedBand, log, bonuses };
}

type Moved = Pick<DecisionResult, 'paid' | 'rejected' | 'reversed'>;
const NOTHING: Moved = { paid: 0, rejected: 0, reversed: 0 };

function carryOut(
  till: Till,
  { referral, item }: Place,
  { call, outcome, proposal, isFirstOpinion }: Verdict,
  by: string,
  before: Before | undefined,
): Moved {
  if (isFirstOpinion) {
    holdForSecond(referral);
    return NOTHING;
  }
  if (outcome === 'conflict' && proposal !== null) {
    closeProposal(till, referral, proposal, 'disagreed');
    item.status = 'escalated';
    item.version += 1;
    return NOTHING;
  }
  if (before === undefined) return NOTHING;
  if (proposal !== null) {
    closeProposal(till, referral, proposal, proposal.call.decision === call.decision ? 'agreed' : 'superseded');
  }
  const moved = effect(till, referral, call.decision);
  item.status = AFTER[call.decision];
  item.version += 1;
  if (call.note !== null) item.notes = call.note;
  item.assignee = by;
  // Whoever escalates hands it on.
  if (call.decision !== 'escalate') item.reviewedAt = till.now;
  return { ...NOTHING, ...moved };
}

function effect(till: Till, referral: Referral, decision: Decision): Partial<Moved> {
  switch (decision) {
    case 'approve':
      return approve(till, referral);
    case 'reject':
      return rejectReferral(till, referral);
    case 'escalate':
      return {};
  }
}

function approve(till: Till, referral: Referral): Partial<Moved> {
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

function rejectReferral(till: Till, referral: Referral): Partial<Moved> {
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
