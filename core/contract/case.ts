import { z } from 'zod';
import { DECISION_OUTCOMES, DECISIONS, UNDO_KINDS } from '../domain/decision.ts';
import {
  BONUS_EVENT_TYPES,
  BONUS_STATUSES,
  CODE_TYPES,
  REVIEW_STATUSES,
  SEVERITIES,
  STAGES,
  TIERS,
} from '../domain/vocabulary.ts';

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime({ offset: true });

// Ids are what Postgres takes as a uuid (`guid`); `z.uuid()` refuses those that do not tell a version by RFC 9562.

const band = z.enum(SEVERITIES);

/** One signal that fired. `sentence` says in words what a person can check; `evidence` is what it was made from. */
export const firedSignal = z.object({
  name: z.string(),
  label: z.string(),
  points: z.number().int(),
  sentence: z.string(),
  evidence: z.json(),
  /** Of the decided items with this signal, how many were rejected; both 0 when there are none yet. */
  record: z.object({ decided: z.number().int(), rejected: z.number().int() }),
});
export type FiredSignal = z.infer<typeof firedSignal>;

/** One side of a case; the same facts for both, so that they can be laid side by side. */
export const party = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  createdAt: instant,
  tier: z.enum(TIERS),
  /** Apps this person used, most recent first. */
  apps: z.array(z.string()),
  firstUsageAt: instant.nullable(),
  firstPurchaseAt: instant.nullable(),
  /** Distinct devices and addresses the person was seen from, as short hashes. */
  devices: z.array(z.string()),
  addresses: z.array(z.string()),
  /** Country of the last address seen, ISO 3166 alpha-2, and its ASN. */
  country: z.string().nullable(),
  asn: z.string().nullable(),
  /** Credits now: balance plus free. */
  credits: z.number().int(),
  referrals: z.object({
    made: z.number().int(),
    qualified: z.number().int(),
    approved: z.number().int(),
    rejected: z.number().int(),
    open: z.number().int(),
  }),
});
export type Party = z.infer<typeof party>;

/** Facts that the two people share or nearly share, e.g. `email`, `device`, `address`, `network`, `country`. */
export const likeness = z.object({
  fact: z.enum(['name', 'email', 'device', 'address', 'network', 'country', 'asn', 'apps']),
  kind: z.enum(['equal', 'near']),
});

export const caseBonus = z.object({
  id: z.guid(),
  userId: z.string(),
  role: z.enum(['referrer', 'referee']),
  eventType: z.enum(BONUS_EVENT_TYPES),
  appId: z.string().nullable(),
  credits: z.number().int(),
  tierAtTime: z.enum(TIERS),
  tierMultiplier: z.number(),
  status: z.enum(BONUS_STATUSES),
  holdReason: z.string().nullable(),
  holdUntil: instant.nullable(),
  releasedAt: instant.nullable(),
  createdAt: instant,
});
export type CaseBonus = z.infer<typeof caseBonus>;

export const timelineEntry = z.object({
  at: instant,
  kind: z.enum(['code', 'account', 'sighting', 'stage', 'bonus', 'score', 'item', 'decision']),
  /** Whose: absent where it is the referral's. */
  who: z.enum(['referrer', 'referee']).optional(),
  text: z.string(),
});
export type TimelineEntry = z.infer<typeof timelineEntry>;

/** The fingerprint graph around a case. Ids are `user:…`, `device:…`, `address:…`, `code:…`. */
export const graphNode = z.object({
  id: z.string(),
  kind: z.enum(['user', 'device', 'address', 'code']),
  label: z.string(),
  role: z.enum(['referrer', 'referee', 'other']),
  /** For a user that was referred: the band of that referral. */
  band: band.nullable(),
  flagged: z.boolean(),
  /** Accounts at this device, address or code in the whole database, which may be more than are drawn. */
  accounts: z.number().int(),
});
export const graphEdge = z.object({
  source: z.string(),
  target: z.string(),
  kind: z.enum(['seen', 'owns', 'referred']),
  at: instant.nullable(),
});
export const egoGraph = z.object({
  nodes: z.array(graphNode),
  edges: z.array(graphEdge),
  /** Neighbours left out because the graph would not be readable. */
  omitted: z.number().int(),
});
export type GraphNode = z.infer<typeof graphNode>;
export type GraphEdge = z.infer<typeof graphEdge>;
export type EgoGraph = z.infer<typeof egoGraph>;

/** What took a decision back. */
export const undoneBy = z.object({ by: z.string(), at: instant, note: z.string().nullable() });

export const caseFile = z.object({
  itemId: z.guid(),
  relationshipId: z.guid(),
  version: z.number().int(),
  status: z.enum(REVIEW_STATUSES),
  priority: z.enum(SEVERITIES),
  band,
  score: z.number().int(),
  flagged: z.boolean(),
  ruleSetVersion: z.number().int(),
  scoredAt: instant,
  createdAt: instant,
  dueAt: instant,
  notes: z.string().nullable(),
  assignedTo: z.string().nullable(),
  /** The item this one follows, where the case came back with a higher band. */
  previousItemId: z.guid().nullable(),
  signals: z.array(firedSignal),
  stage: z.enum(STAGES),
  registeredAt: instant,
  activatedAt: instant.nullable(),
  qualifiedAt: instant.nullable(),
  retainedAt: instant.nullable(),
  sourceAppId: z.string().nullable(),
  code: z.object({ code: z.string(), type: z.enum(CODE_TYPES), createdAt: instant, uses: z.number().int() }),
  referrer: party,
  referee: party,
  likenesses: z.array(likeness),
  /** Credits: what approving releases, what rejecting rejects, and what rejecting takes back of those already paid. */
  stake: z.object({ releases: z.number().int(), rejects: z.number().int(), takesBack: z.number().int() }),
  bonuses: z.array(caseBonus),
  timeline: z.array(timelineEntry),
  graph: egoGraph,
  /** Facts that may speak for the people: crowded addresses and the like, one sentence each. */
  innocent: z.array(z.string()),
  /** Who works on it now; null when nobody does. */
  claim: z.object({ by: z.string(), until: instant, isMine: z.boolean() }).nullable(),
  /**
   * `needed`: a decision will wait for a second analyst. `mine`: one's own waits for another. Whether somebody else's waits is not
   * told: whoever decides second must not know of the first.
   */
  secondReview: z.enum(['none', 'needed', 'mine']),
  decisions: z.array(
    z.object({
      decisionId: z.guid(),
      /** Of this item, or of an earlier one of its referral. */
      itemId: z.guid(),
      /** Taken back since. */
      isUndone: z.boolean(),
      /** Who took it back, when and with what note; null where nobody did, or only this computer knows of it yet. */
      undone: undoneBy.nullable(),
      /** Whether this login may take it back now, and as what. */
      undo: z.enum(UNDO_KINDS).nullable(),
      at: instant,
      by: z.string(),
      decision: z.enum(DECISIONS),
      reason: z.string(),
      note: z.string().nullable(),
    }),
  ),
});
export type CaseFile = z.infer<typeof caseFile>;

/** A case as the cache has it. */
export const caseAnswer = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('whole'),
    file: caseFile,
    /** The item has changed since and its evidence could not be fetched yet. */
    isStale: z.boolean(),
    /** When its evidence was read, by the server's clock. */
    readAt: instant,
    /** One's own decision on it that no server has answered. */
    undelivered: z.guid().nullable(),
  }),
  /** Only its row of the queue is kept, and there is no server to ask. */
  z.object({ state: z.literal('not_kept') }),
]);
export type CaseAnswer = z.infer<typeof caseAnswer>;

/** What a person writes. Neither SQLite nor Postgres keeps half a pair or a NUL, so that it would be another note there. */
export const writtenNote = z
  .string()
  .max(4000)
  .refine((note) => note.isWellFormed() && !note.includes('\0'), {
    message: 'The note holds a character that cannot be stored: half of a surrogate pair, or a NUL. Write it anew.',
  });

export const decideRequest = z.object({
  /** Idempotency key of this decision: repeating the call with it has no second effect. */
  decisionId: z.guid(),
  itemId: z.guid(),
  expectedVersion: z.number().int(),
  decision: z.enum(DECISIONS),
  reason: z.string().min(1).max(64),
  note: writtenNote.optional(),
});
export type DecideRequest = z.infer<typeof decideRequest>;

export const decideResult = z.object({
  decisionId: z.guid(),
  itemId: z.guid(),
  outcome: z.enum(DECISION_OUTCOMES),
  /** What happened, in words, for any outcome but `applied`. */
  message: z.string().nullable(),
  /** The item as it stands now; absent when it is unknown. */
  status: z.enum(REVIEW_STATUSES).nullable(),
  version: z.number().int().nullable(),
  /** Credits moved by this decision. */
  paid: z.number().int(),
  rejected: z.number().int(),
  reversed: z.number().int(),
  /** One's own first decision, which waits already: that one can be withdrawn, and this one is nothing. */
  waiting: z.guid().optional(),
});
export type DecideResult = z.infer<typeof decideResult>;

export const undoRequest = z.object({
  /** Idempotency key of the undo. */
  undoId: z.guid(),
  decisionId: z.guid(),
  note: writtenNote.optional(),
});
export type UndoRequest = z.infer<typeof undoRequest>;

export const undoResult = z.object({
  undoId: z.guid(),
  decisionId: z.guid(),
  itemId: z.guid().nullable(),
  outcome: z.enum(DECISION_OUTCOMES),
  kind: z.enum(UNDO_KINDS).nullable(),
  /** What happened, in words, for any outcome but `applied`. */
  message: z.string().nullable(),
  /** The item as it stands now. */
  status: z.enum(REVIEW_STATUSES).nullable(),
  version: z.number().int().nullable(),
  /** Credits: paid again, and taken back. */
  paid: z.number().int(),
  reversed: z.number().int(),
});
export type UndoResult = z.infer<typeof undoResult>;

/** What became of a claim: whoever has the item now, which is not the caller where `isMine` is false. */
export const claimResult = z.object({ itemId: z.guid(), by: z.string(), until: instant, isMine: z.boolean() });
export type ClaimResult = z.infer<typeof claimResult>;
/**
 * `not_open`: the server says that nobody can claim it now. `unanswered`: it said nothing in time, and may have given it all the same.
 * `off_line`: it was not asked.
 */
export const claimAnswer = z.union([claimResult, z.enum(['not_open', 'unanswered', 'off_line'])]);
export type ClaimAnswer = z.infer<typeof claimAnswer>;
