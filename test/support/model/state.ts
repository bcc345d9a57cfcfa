import type { EventType } from './seed.ts';
import type { Moment } from './moment.ts';
import { emptyReview, type Review } from './review.ts';

/** An event as a line of a file tells it; only what the model looks at is named. */
export type ModelEvent = { readonly id: string; readonly at: string } & (
  | {
      readonly type: 'user.created';
      readonly user: { readonly id: string; readonly name: string; readonly email: string };
    }
  | { readonly type: 'code.created'; readonly code: NewCode }
  | { readonly type: 'code.updated'; readonly code: CodeChange }
  | { readonly type: 'code.validated'; readonly code: string; readonly ip: string }
  | ({ readonly type: 'referral.registered' } & RegistrationFields)
  | {
      readonly type: 'user.seen';
      readonly userId: string;
      readonly context: 'login' | 'code_validation';
      readonly ip: string;
      readonly device?: string;
    }
  | { readonly type: 'credits.used'; readonly userId: string; readonly appId: string; readonly amount: number }
  | { readonly type: 'credits.purchased'; readonly userId: string; readonly amount: number }
  | {
      readonly type: 'pattern.created';
      readonly pattern: PatternKey & { readonly severity: 'high'; readonly scoreImpact: number };
    }
  | { readonly type: 'pattern.updated'; readonly pattern: PatternKey & { readonly isActive: boolean } }
);
export type EventOf<Type extends ModelEvent['type']> = Extract<ModelEvent, { type: Type }>;

export type NewCode = {
  readonly code: string;
  readonly userId: string;
  readonly type: 'auto' | 'custom' | 'campaign';
  readonly maxUses?: number;
  readonly expiresAt?: string;
};
export type CodeChange = {
  readonly code: string;
  readonly isActive?: boolean;
  readonly maxUses?: number | null;
  readonly expiresAt?: string | null;
};
export type RegistrationFields = {
  readonly refereeId: string;
  readonly code: string;
  readonly sourceAppId?: string;
  readonly ip: string;
  readonly ipType?: string;
  readonly device?: string;
};
/** Of the kinds that apply to history too. */
export type PatternKey = { readonly patternType: 'email_domain' | 'device_pattern'; readonly patternValue: string };

export const BANDS = ['low', 'medium', 'high', 'critical'] as const;
export type Band = (typeof BANDS)[number];

export type Item = {
  score: number;
  signals: readonly string[];
  priority: Band;
  status: 'pending' | 'approved' | 'rejected' | 'escalated';
  assignee: string | null;
  notes: string | null;
  reviewedAt: number | null;
  /** Counts every change of the item, and at which of them its band rose last. */
  version: number;
  raisedVersion: number;
  /** At which of them its evidence or its amounts changed last. */
  evidenceVersion: number;
};

/** An accepted registration and all that followed from it. */
export type Referral = {
  readonly id: string;
  readonly at: number;
  readonly refereeId: string;
  readonly referrerId: string;
  readonly code: string;
  /** The event that made its code. */
  readonly codeEvent: string;
  readonly isCampaign: boolean;
  readonly appId: string | null;
  readonly ip: string;
  readonly device: string | null;
  readonly ipType: string | null;
  activated: Moment | null;
  qualified: Moment | null;
  retained: Moment | null;
  /** Once it was scored, its place stands. */
  scored: boolean;
  score: number;
  signals: readonly string[];
  /** The highest band so far: it does not fall. */
  heldBand: Band;
  approvedBand: Band | null;
  /** The engine's clock when a bonus of it was held for the first time. */
  firstHeldAt: number | null;
  wasBlocked: boolean;
  isFlagged: boolean;
  isRejected: boolean;
  readonly items: Item[];
  /** By `event user app`. */
  readonly bonuses: Map<string, Bonus>;
};

export type FraudHold = 'fraud_medium' | 'fraud_high' | 'fraud_critical';
export type HoldReason = FraudHold | 'rate_limited' | 'second_review';

export type Bonus = {
  readonly eventType: EventType;
  readonly userId: string;
  readonly appId: string | null;
  readonly isReferees: boolean;
  /** Where it stands in the order of events; moves with late facts until it is closed. */
  at: number;
  id: string;
  base: number;
  multiplier: number;
  tier: string;
  credits: number;
  status: 'pending' | 'paid' | 'held' | 'rejected';
  holdReason: HoldReason | null;
  holdUntil: number | null;
  /** Its hold of the medium band has ended: that band does not hold it again. */
  hasServed: boolean;
  /** The engine's clock at the last payment; it was never paid where this is null. */
  releasedAt: number | null;
  /** Its ledger rows in order, and what the log of money says of it, in words. */
  readonly ledger: string[];
  readonly transitions: string[];
  /** Where the log of money stood when it was paid last. */
  paidNth: number;
};

export type Transition = {
  readonly at: number;
  readonly kind: 'held' | 'paid' | 'blocked';
  readonly appId: string | null;
  readonly credits: number;
};

export type Movement = { readonly userId: string; readonly type: 'bonus' | 'adjustment'; readonly amount: number };

export type State = {
  /** Distinct events received, by id. */
  readonly events: Map<string, ModelEvent>;
  /** Of each registration, code and look-up received: `accepted`, or why not. */
  outcomes: Map<string, string>;
  /** Of each refused registration: the reasons that it may be told, the first by SPEC's order first. */
  reasons: Map<string, readonly string[]>;
  /** By referee. */
  referrals: Map<string, Referral>;
  readonly log: Transition[];
  readonly movements: Movement[];
  /** Accepted calls whose rows the clean-up removed. */
  readonly cleaned: Set<string>;
  readonly review: Review;
};

export function emptyState(): State {
  return {
    events: new Map(),
    outcomes: new Map(),
    reasons: new Map(),
    referrals: new Map(),
    log: [],
    movements: [],
    cleaned: new Set(),
    review: emptyReview(),
  };
}
