import { z } from 'zod';
import { REVIEW_STATUSES, SEVERITIES } from '../domain/vocabulary.ts';
import { instant } from './case.ts';

/** Queue orders; each is descending by urgency and ends with the item id, so that it is total. */
export const QUEUE_ORDERS = ['priority', 'score', 'due', 'stake', 'newest'] as const;

export const queueFilter = z.object({
  statuses: z.array(z.enum(REVIEW_STATUSES)).default(['pending']),
  priorities: z.array(z.enum(SEVERITIES)).default([]),
  signals: z.array(z.string()).default([]),
  /** Matches names, e-mails, codes and ids; empty matches all. */
  search: z.string().max(200).default(''),
  order: z.enum(QUEUE_ORDERS).default('priority'),
  /** Only items with at least so many points. */
  scoreFrom: z.number().int().min(0).optional(),
  /** Only items that nobody else works on. */
  unclaimed: z.boolean().default(false),
});
export type QueueFilter = z.infer<typeof queueFilter>;

/** A row of the queue: all that its two lines show. */
export const queueRow = z.object({
  itemId: z.guid(),
  version: z.number().int(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  status: z.enum(REVIEW_STATUSES),
  /** Names of the signals, most points first. */
  signals: z.array(z.string()),
  referrerName: z.string(),
  refereeName: z.string(),
  /** Accounts that this referrer has brought in. */
  referrerReferrals: z.number().int(),
  /** Credits that a decision is about: held plus reversible. */
  stake: z.number().int(),
  dueAt: instant,
  createdAt: instant,
  sourceAppId: z.string().nullable(),
  /** Who works on it now. */
  claimedBy: z.string().nullable(),
  /** Where one's own decision on it is: null, or undelivered, or one that a person has to look at. */
  outbox: z.enum(['waiting', 'troubled']).nullable(),
});
export type QueueRow = z.infer<typeof queueRow>;

export const queuePageRequest = z.object({
  filter: queueFilter,
  offset: z.number().int().min(0),
  limit: z.number().int().min(1).max(500),
});

export const queuePage = z.object({
  /** Items that match the filter, of which `rows` are those from `offset` on. */
  total: z.number().int(),
  offset: z.number().int(),
  rows: z.array(queueRow),
});
export type QueuePage = z.infer<typeof queuePage>;

/** How much waits: what the head of the queue and its empty state show. */
export const queueSummary = z.object({
  byStatus: z.record(z.enum(REVIEW_STATUSES), z.number().int()),
  byPriority: z.record(z.enum(SEVERITIES), z.number().int()),
  overdue: z.number().int(),
  /** Holds of medium referrals that end within the next 24 hours. */
  holdsEndingSoon: z.number().int(),
});
export type QueueSummary = z.infer<typeof queueSummary>;
