import { z } from 'zod';
import { DECISIONS } from '../domain/decision.ts';
import { OUTBOX_KINDS, OUTBOX_STATES, RESOLUTIONS } from '../domain/outbox.ts';
import { REVIEW_STATUSES, SEVERITIES } from '../domain/vocabulary.ts';
import { instant, undoneBy, writtenNote } from './case.ts';

/** Where the cache stands with its server: what the line at the foot of the window says (SPEC 5). */
export const syncStatus = z.object({
  link: z.enum(['connecting', 'online', 'offline']),
  /** By this computer's clock; null while on-line. */
  offlineSince: instant.nullable(),
  /** Why there is no contact, or what cannot be done though there is, and what to do; null where nothing is wrong. */
  reason: z.string().nullable(),
  /** Of the next try by itself, by this computer's clock; null while on-line or trying. */
  nextTryAt: instant.nullable(),
  /** Of the last complete pull, by this computer's clock; null before the first. */
  pulledAt: instant.nullable(),
  /** While a first pull streams: items so far, and of how many. */
  pulling: z.object({ done: z.number().int(), total: z.number().int().nullable() }).nullable(),
  /** Open cases that are to be kept whole for off-line use, and how many of them are. */
  kept: z.object({ wanted: z.number().int(), present: z.number().int() }),
  /** Decisions that no server has answered yet: `queued` and `sending`. */
  waiting: z.number().int(),
  /** Decisions that a person has to look at: `conflict`, `returned` and `rejected` without a resolution. */
  troubled: z.number().int(),
  awaitingSecond: z.number().int(),
  /** Milliseconds by which this computer's clock was ahead of the server's at the last contact; 0 where there was none. */
  clockAhead: z.number().int(),
});
export type SyncStatus = z.infer<typeof syncStatus>;

/** What was known of an item when somebody looked at it. */
export const evidenceSeen = z.object({
  version: z.number().int(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  ruleSetVersion: z.number().int(),
  signals: z.array(z.object({ name: z.string(), points: z.number().int() })),
});
export type EvidenceSeen = z.infer<typeof evidenceSeen>;

/** One row of the outbox, as the window lists it. */
export const outboxRow = z.object({
  /** The idempotency key: `decisionId`, `undoId` or `objectionId`. */
  id: z.guid(),
  kind: z.enum(OUTBOX_KINDS),
  itemId: z.guid(),
  /** Null for an undo. */
  decision: z.enum(DECISIONS).nullable(),
  reason: z.string().nullable(),
  note: z.string().nullable(),
  /** For an undo: the decision that it takes back. */
  undoes: z.guid().nullable(),
  /** The off-line bulk session that it is part of. */
  sessionId: z.guid().nullable(),
  /** By this computer's clock: shown, and never a rule's. */
  decidedAt: instant,
  state: z.enum(OUTBOX_STATES),
  /** The server's words for any outcome but `applied`, or why it could not be sent. */
  message: z.string().nullable(),
  attempts: z.number().int(),
  /** It was sent, and whether that had effect is not known: it cannot be withdrawn. */
  inDoubt: z.boolean(),
  /** A decision that an undo of this outbox has taken back. */
  isUndone: z.boolean(),
  resolution: z.enum(RESOLUTIONS).nullable(),
  referrerName: z.string(),
  refereeName: z.string(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  /** Credits that it moved; what it is expected to move while it waits. */
  paid: z.number().int(),
  rejected: z.number().int(),
  reversed: z.number().int(),
});
export type OutboxRow = z.infer<typeof outboxRow>;

export const outboxRequest = z.object({
  /** Empty: all. */
  states: z.array(z.enum(OUTBOX_STATES)).default([]),
  /** Only what a person has to look at, or only the rest; where it is not said, both. */
  troubled: z.boolean().optional(),
  /** Only the decisions of this off-line bulk session. */
  sessionId: z.guid().optional(),
  offset: z.number().int().min(0),
  limit: z.number().int().min(1).max(500),
});

export const outboxPage = z.object({
  total: z.number().int(),
  offset: z.number().int(),
  byState: z.record(z.enum(OUTBOX_STATES), z.number().int()),
  /** Newest first. */
  rows: z.array(outboxRow),
});
export type OutboxPage = z.infer<typeof outboxPage>;

/** A decision on the case that somebody else made, or oneself. */
const otherDecision = z.object({
  decisionId: z.guid(),
  by: z.string(),
  /** One's own, by this outbox or elsewhere: on another computer, by a bulk session or a command; null where it is somebody else's. */
  mine: z.enum(['here', 'elsewhere']).nullable(),
  at: instant,
  decision: z.enum(DECISIONS),
  reason: z.string(),
  note: z.string().nullable(),
});

/** A decision that met another one, or evidence that changed, or an undo that was refused: theirs, mine, and what changed between. */
export const conflictView = z.object({
  row: outboxRow,
  /** What I saw when I decided; null where it is not known here. */
  seen: evidenceSeen.nullable(),
  /** The item as the cache has it now; null when it is gone. */
  now: evidenceSeen.extend({ status: z.enum(REVIEW_STATUSES) }).nullable(),
  /** What stands; null where nothing does, or it is not known here. */
  theirs: otherDecision.nullable(),
  /** What stood and was taken back: the case is open again. Null where something stands. */
  takenBack: otherDecision.extend({ undone: undoneBy }).nullable(),
  /** What changed in the evidence, one sentence each. */
  changes: z.array(z.string()),
  /** An answer told of a later version than `now` is of: what changed is not known before the next pull. */
  isBehind: z.boolean(),
  /** What this login may do about it; a reason where not. */
  may: z.object({ redecide: z.boolean(), handToLead: z.boolean(), retry: z.boolean() }),
  /** Deciding again takes `theirs` back first. */
  takesBackFirst: z.boolean(),
  /** Why it may not be decided again here, in words; null where it may. */
  why: z.string().nullable(),
  /** How many of its off-line bulk session came back as it did, itself among them, and how many of those can be handed to a lead. */
  alike: z.object({ troubled: z.number().int(), toHand: z.number().int() }),
});
export type ConflictView = z.infer<typeof conflictView>;

export const resolveRequest = z.discriminatedUnion('how', [
  /** Theirs stands, mine is settled; also: I have read that it was rejected. */
  z.object({ how: z.literal('kept'), id: z.guid() }),
  /** A new decision on what is known now; a lead's takes theirs back first. Refused where something else is known now than was shown. */
  z.object({
    how: z.literal('redecided'),
    id: z.guid(),
    /** `now.version` of what was shown. */
    version: z.number().int(),
    /** `theirs.decisionId` of what was shown; null where nothing stood. */
    standing: z.guid().nullable(),
    decisionId: z.guid(),
    decision: z.enum(DECISIONS),
    reason: z.string().min(1).max(64),
    note: writtenNote.optional(),
  }),
  /** A lead is asked to look at it; theirs stands until then. */
  z.object({
    how: z.literal('handed_to_lead'),
    id: z.guid(),
    objectionId: z.guid(),
    note: writtenNote.optional(),
  }),
  /** The same for as many as `alike` told of its session; refused where it is another number by now. */
  z.object({ how: z.literal('all_kept'), id: z.guid(), count: z.number().int() }),
  z.object({
    how: z.literal('all_handed_to_lead'),
    id: z.guid(),
    /** Those of the objections come of it. */
    objectionId: z.guid(),
    count: z.number().int(),
    note: writtenNote.optional(),
  }),
]);
export type ResolveRequest = z.input<typeof resolveRequest>;

/** What an analyst handed to leads: theirs stands until a lead settles it. */
export const objection = z.object({
  objectionId: z.guid(),
  itemId: z.guid(),
  by: z.string(),
  at: instant,
  decision: z.enum(DECISIONS),
  reason: z.string(),
  note: z.string().nullable(),
  status: z.enum(REVIEW_STATUSES),
  referrerName: z.string(),
  refereeName: z.string(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  /** How many are open that the same analyst asks for in the same words, itself among them; of these the oldest are listed. */
  alike: z.number().int(),
  /** Which of them this is, from 1. */
  nth: z.number().int(),
  /** The last of them. */
  newest: z.guid(),
});
export type Objection = z.infer<typeof objection>;

/** How many open cases may be kept whole; the rows of the queue are always kept. */
export const KEEP_CHOICES = [1_000, 5_000, 20_000, 100_000] as const;
export const DEFAULT_KEEP = 5_000;

/** A copy on this computer that is of another login or another server, or cannot be read: what is in it is told, and left there. */
export const otherCopy = z.object({
  copy: z.string().regex(/^[0-9a-f]{16}$/),
  /** As the connection spelt it; null where nothing tells. */
  address: z.string().nullable(),
  login: z.string().nullable(),
  /** Decisions that no server has answered; null where it cannot be read. */
  undelivered: z.number().int().nullable(),
  unsettled: z.number().int().nullable(),
  /** Why it cannot be read, or why it is not taken over by this login; null where it is simply somebody else's. */
  why: z.string().nullable(),
});
export type OtherCopy = z.infer<typeof otherCopy>;

export const cacheSettings = z.object({
  keep: z.number().int(),
  /** On disk now, and what all that is to be kept will take. */
  bytes: z.number().int(),
  expectedBytes: z.number().int(),
  items: z.number().int(),
  cases: z.number().int(),
  /** Decisions that no server has answered. */
  undelivered: z.number().int(),
  /** What came back and nobody has settled: known here alone. */
  unsettled: z.number().int(),
  /** Where the key of the cache lies: `file` where this computer has no keychain, and only its permissions protect it. */
  key: z.enum(['keychain', 'file']),
  /** Other copies, also those in which nothing waits: they hold names and evidence until somebody removes them. */
  others: z.array(otherCopy),
});
export type CacheSettings = z.infer<typeof cacheSettings>;

/** What an off-line bulk session would do by what the cache knows. */
export const offlineBulkPreview = z.object({
  items: z.number().int(),
  /** Items that will be decided, and how many of them will wait for a second analyst. */
  willDecide: z.number().int(),
  awaitingSecond: z.number().int(),
  paid: z.number().int(),
  rejected: z.number().int(),
  reversed: z.number().int(),
  skips: z.array(z.object({ why: z.string(), items: z.number().int() })),
});
export type OfflineBulkPreview = z.infer<typeof offlineBulkPreview>;
