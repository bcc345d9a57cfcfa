import { z } from 'zod';
import { DECISION_OUTCOMES, DECISIONS } from '../domain/decision.ts';
import { instant, writtenNote } from './case.ts';
import { queueFilter, queueRow } from './queue.ts';

/** How the items of a bulk session are chosen; what it finds when the session starts is the session, whatever comes later. */
export const bulkChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('items'), itemIds: z.array(z.guid()).min(1).max(10_000) }),
  /** All that match, whatever page is on the screen; only what is open is taken. */
  z.object({ kind: z.literal('filter'), filter: queueFilter }),
  /** The open items that hang together with this one by devices, addresses and referrers. */
  z.object({ kind: z.literal('ring'), itemId: z.guid() }),
]);
export type BulkChoice = z.infer<typeof bulkChoice>;

/** `ready`: frozen, nothing decided yet. `cancelled` keeps what was decided. */
export const BULK_STATES = ['ready', 'running', 'paused', 'cancelled', 'done', 'undoing', 'undone'] as const;

export const bulkSession = z.object({
  sessionId: z.guid(),
  state: z.enum(BULK_STATES),
  startedBy: z.string(),
  createdAt: instant,
  finishedAt: instant.nullable(),
  decision: z.enum(DECISIONS).nullable(),
  reason: z.string().nullable(),
  note: z.string().nullable(),
  /** How it was chosen, in words. */
  chosenBy: z.string(),
  items: z.number().int(),
  /** Items that have their outcome, of `items`; while it is undone: those that were taken back. */
  settled: z.number().int(),
  /** Items by outcome. */
  outcomes: z.record(z.string(), z.number().int()),
  /** Credits moved so far. */
  paid: z.number().int(),
  rejected: z.number().int(),
  reversed: z.number().int(),
  /** Whether this login may run, pause, cancel or undo it. */
  isMine: z.boolean(),
});
export type BulkSession = z.infer<typeof bulkSession>;

export const bulkStart = z.object({
  /** Idempotency key of the session: the same call again is the same session. */
  sessionId: z.guid(),
  choice: bulkChoice,
  decision: z.enum(DECISIONS),
  reason: z.string().min(1).max(64),
  note: writtenNote.optional(),
});
export type BulkStart = z.infer<typeof bulkStart>;

/** What running would do now. Nothing is written. */
export const bulkPreview = z.object({
  items: z.number().int(),
  /** Items that will be decided, and how many of them will wait for a second analyst. */
  willDecide: z.number().int(),
  awaitingSecond: z.number().int(),
  paid: z.number().int(),
  rejected: z.number().int(),
  reversed: z.number().int(),
  referrers: z.number().int(),
  /** Those with the most items first. */
  topReferrers: z.array(z.object({ name: z.string(), items: z.number().int(), credits: z.number().int() })),
  bands: z.record(z.string(), z.number().int()),
  /** What will be left alone, and why, in words. */
  skips: z.array(z.object({ reason: z.string(), items: z.number().int() })),
  /** Items unlike the rest: worth a look before the run. */
  outliers: z.array(z.object({ row: queueRow, why: z.string() })),
});
export type BulkPreview = z.infer<typeof bulkPreview>;

export const bulkItem = z.object({
  position: z.number().int(),
  row: queueRow,
  /** Null while it waits for its turn. */
  outcome: z.enum(DECISION_OUTCOMES).nullable(),
  message: z.string().nullable(),
  undone: z.boolean(),
});
export const bulkItems = z.object({ total: z.number().int(), rows: z.array(bulkItem) });
export type BulkItems = z.infer<typeof bulkItems>;
