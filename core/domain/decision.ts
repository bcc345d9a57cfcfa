import type { ReviewStatus } from './vocabulary.ts';

export const DECISIONS = ['approve', 'reject', 'escalate'] as const;
export type Decision = (typeof DECISIONS)[number];

/** The status that a decision gives its item. */
export const STATUS_AFTER: { readonly [D in Decision]: ReviewStatus } = {
  approve: 'approved',
  reject: 'rejected',
  escalate: 'escalated',
};

export type ReasonCode = {
  /** Stored with the decision; lower case and underscores. */
  readonly code: string;
  readonly label: string;
  readonly decision: Decision;
};

/** The reasons a new workspace starts with; `umpire.reason_codes` holds the ones in force. */
export const DEFAULT_REASONS: readonly ReasonCode[] = [
  { code: 'household', label: 'Same household', decision: 'approve' },
  { code: 'shared_network', label: 'Shared network (office, campus, carrier)', decision: 'approve' },
  { code: 'known_customer', label: 'Known customer', decision: 'approve' },
  { code: 'false_positive', label: 'Signals do not hold', decision: 'approve' },
  { code: 'self_referral', label: 'One person, several accounts', decision: 'reject' },
  { code: 'account_farm', label: 'Account or device farm', decision: 'reject' },
  { code: 'bought_traffic', label: 'Bought or automated traffic', decision: 'reject' },
  { code: 'bonus_abuse', label: 'Purchase only for the bonus', decision: 'reject' },
  { code: 'needs_lead', label: 'Needs a lead', decision: 'escalate' },
  { code: 'needs_information', label: 'More information needed', decision: 'escalate' },
];

/** What became of one decision (SPEC 4): a closed union, the same for the window, the command line and the database. */
export const DECISION_OUTCOMES = [
  'applied',
  'agreed',
  'awaiting_second',
  'conflict',
  'returned',
  'not_allowed',
  'unknown',
] as const;
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];

/**
 * What takes a decision back (SPEC 4): `withdrawal` of one that waits for a second analyst, `undo` by whoever made it
 * within the time for it, `reversal` by a lead at any time.
 */
export const UNDO_KINDS = ['withdrawal', 'undo', 'reversal'] as const;
export type UndoKind = (typeof UNDO_KINDS)[number];

/** The server's words where whoever made a decision undoes it too late (migration 0008). */
export const UNDO_IS_LATE = 'The time for an undo is over: a lead can reverse it.';
/** The server's words where the referral has a newer item, which is decided instead (migration 0013). */
export const NEWER_ITEM = 'The referral came back with a higher band: decide the newer item.';
/** The server's words where what was decided meanwhile was taken back again (migration 0013). */
export const TAKEN_BACK_SINCE = 'This was decided and taken back after it was looked at: look again.';
