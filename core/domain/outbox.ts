/** States of a decision on its way to the server (SPEC 5). */
export const OUTBOX_STATES = [
  'queued',
  'sending',
  'applied',
  'agreed',
  'awaiting_second',
  'conflict',
  'returned',
  'rejected',
  'withdrawn',
] as const;
export type OutboxState = (typeof OUTBOX_STATES)[number];

/** No server has answered it yet. */
export const UNDELIVERED: readonly OutboxState[] = ['queued', 'sending'];
/** A person has to look at it, unless it has a resolution. */
export const TROUBLED: readonly OutboxState[] = ['conflict', 'returned', 'rejected'];

/** What the outbox carries: a decision, the undo of one, or an objection to somebody else's that a lead is to look at. */
export const OUTBOX_KINDS = ['decide', 'undo', 'object'] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];

/** How a person settled what was troubled. */
export const RESOLUTIONS = ['kept', 'redecided', 'handed_to_lead'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];
