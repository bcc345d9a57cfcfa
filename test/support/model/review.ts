import { createHash } from 'node:crypto';
import type { Band, Bonus, FraudHold, HoldReason, Item } from './state.ts';

/** `owner` is whoever has no account of their own: they act as the login that stands for them. */
export type Role = 'viewer' | 'analyst' | 'lead' | 'admin' | 'engine' | 'owner';

export type Decision = 'approve' | 'reject' | 'escalate';

export type Outcome = 'applied' | 'agreed' | 'awaiting_second' | 'conflict' | 'returned' | 'not_allowed' | 'unknown';

/** One decision as it is called for. */
export type DecisionCall = {
  readonly decisionId: string;
  /** Referee and rank among the items of the referral; null for an item that does not exist. */
  readonly item: string | null;
  readonly decision: Decision;
  readonly reason: string;
  readonly note: string | null;
  readonly expectedVersion: number | null;
};

export type UndoCall = { readonly undoId: string; readonly decisionId: string; readonly note: string | null };

export type DecisionResult = {
  readonly outcome: Outcome;
  readonly status: Item['status'] | null;
  readonly version: number | null;
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
  /** Whether there is something to say in words. */
  readonly isTold: boolean;
};

export type UndoKind = 'withdrawal' | 'undo' | 'reversal';

export type UndoResult = {
  readonly outcome: Outcome;
  readonly kind: UndoKind | null;
  readonly status: Item['status'] | null;
  readonly version: number | null;
  readonly paid: number;
  readonly reversed: number;
  readonly isTold: boolean;
};

/** A bonus as a decision found it. */
export type BonusBefore = {
  readonly status: Bonus['status'];
  readonly holdReason: HoldReason | null;
  readonly holdUntil: number | null;
};

/** All that an applied decision changed, as it was before. */
export type Before = Pick<Item, 'status' | 'assignee' | 'notes' | 'reviewedAt'> & {
  readonly isFlagged: boolean;
  readonly heldBand: Band;
  readonly approvedBand: Band | null;
  /** How far the log of money went. */
  readonly log: number;
  readonly bonuses: ReadonlyMap<string, BonusBefore>;
};

/** Why a first opinion does not wait any more. */
export type Closed = 'withdrawn' | 'agreed' | 'disagreed' | 'superseded';

/** A decision that was taken down. */
export type Made = {
  readonly call: DecisionCall;
  readonly by: string;
  readonly at: number;
  readonly result: DecisionResult;
  /** Of an applied one; null for all others. */
  readonly before: Before | null;
  /** Whether it was a first opinion, at which version of the item, and whether it still is one. */
  readonly proposal: { readonly version: number; closed: Closed | null } | null;
  /** The first opinion of the same analyst that it waits with, by its key. */
  readonly waitsWith: string | null;
  undone: boolean;
};

export type MadeUndo = { readonly call: UndoCall; readonly by: string; readonly result: UndoResult };

export type Settings = {
  readonly above: number | null;
  readonly share: number;
  readonly undoMinutes: number;
};

export type Review = {
  settings: Settings;
  readonly roles: Map<string, Role>;
  /** The reasons in force, each with what it is for. */
  readonly reasons: Map<string, Decision>;
  /** In the order in which they were made. */
  readonly decisions: Map<string, Made>;
  readonly undos: Map<string, MadeUndo>;
};

export const SALT = 'the salt of the tests';

const REASONS: readonly (readonly [string, Decision])[] = [
  ['household', 'approve'],
  ['shared_network', 'approve'],
  ['known_customer', 'approve'],
  ['false_positive', 'approve'],
  ['self_referral', 'reject'],
  ['account_farm', 'reject'],
  ['bought_traffic', 'reject'],
  ['bonus_abuse', 'reject'],
  ['needs_lead', 'escalate'],
  ['needs_information', 'escalate'],
];

export function emptyReview(): Review {
  return {
    settings: { above: null, share: 0, undoMinutes: 10 },
    roles: new Map(),
    reasons: new Map(REASONS),
    decisions: new Map(),
    undos: new Map(),
  };
}

export function isLead(review: Review, who: string): boolean {
  return ['lead', 'admin', 'engine', 'owner'].includes(roleOf(review, who));
}

export function roleOf(review: Review, who: string): Role {
  return review.roles.get(who) ?? 'owner';
}

/** The first opinion that waits on an item: made since its band rose last. */
export function openProposal(review: Review, key: string, item: Item): Made | null {
  for (const made of review.decisions.values()) {
    const { proposal, call } = made;
    if (call.item === key && proposal?.closed === null && proposal.version >= item.raisedVersion) return made;
  }
  return null;
}

/** Whether anybody else took back a decision on an item after this version of it. */
export function isTakenBackSince(review: Review, key: string, version: number, by: string): boolean {
  return [...review.undos.values()].some(
    (made) =>
      (made.result.kind === 'undo' || made.result.kind === 'reversal') &&
      review.decisions.get(made.call.decisionId)?.call.item === key &&
      (made.result.version ?? 0) > version &&
      made.by !== by,
  );
}

/** Who escalated an item last, where that stands. */
export function escalatedBy(review: Review, key: string): string | null {
  let by: string | null = null;
  for (const made of review.decisions.values()) {
    const { call, result, undone } = made;
    if (call.item === key && call.decision === 'escalate' && result.outcome === 'applied' && !undone) by = made.by;
  }
  return by;
}

/** What the database calls the nth item of a referral: its ids follow from the event that registered it. */
function itemIdOf(eventId: string, nth: number): string {
  return uuidOf(`item:${uuidOf(`relationship:${eventId}`)}:${nth}`);
}

function uuidOf(text: string): string {
  const hex = md5(text);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Whether chance picks the nth item of a referral for a second pair of eyes. */
export function isSampled(eventId: string, nth: number, share: number): boolean {
  return Number.parseInt(md5(`${SALT}:${itemIdOf(eventId, nth)}`).slice(0, 8), 16) / 2 ** 32 < share;
}

export function fraudHold(band: Band): FraudHold {
  if (band === 'low') throw new Error('nothing is held in the low band');
  return `fraud_${band}`;
}
