import { z } from 'zod';
import { bulkItems, bulkPreview, bulkSession, bulkStart } from './bulk.ts';
import { caseAnswer, claimAnswer, claimResult, decideRequest, undoRequest } from './case.ts';
import { queueFilter, queuePage, queuePageRequest, queueSummary } from './queue.ts';
import {
  cacheSettings,
  conflictView,
  objection,
  offlineBulkPreview,
  otherCopy,
  outboxPage,
  outboxRequest,
  outboxRow,
  resolveRequest,
  syncStatus,
} from './sync.ts';
import { reasonCode, workspaceStatus } from './workspace.ts';

/** `removed` is false where the person thought better of it when main asked. */
const removal = z.object({ removed: z.boolean() });

/**
 * Everything the window may ask of the core host. Main validates each request against `request`, and each answer
 * against `response`, whatever the window or the host did before.
 */
export const METHODS = {
  /** Where the host stands; answered by main itself while the host is down. */
  'workspace.status': { request: z.object({}), response: workspaceStatus },
  /** Tries again after `failed`. */
  'workspace.retry': { request: z.object({}), response: z.object({}) },
  'queue.page': { request: queuePageRequest, response: queuePage },
  'queue.summary': { request: z.object({}), response: queueSummary },
  /** From the cache. Null when there is no such item. */
  'case.get': { request: z.object({ itemId: z.guid() }), response: caseAnswer.nullable() },
  /** Durable in the outbox when this answers; what becomes of it is told by `outbox` notices. */
  'case.decide': { request: decideRequest, response: outboxRow },
  /** The answer is the row of the decision where that was withdrawn before it was sent, otherwise that of the undo. */
  'case.undo': { request: undoRequest, response: outboxRow },
  /** Opens an item for work, or goes on working on it. With `takeOver` it is taken from whoever has it, which is audited. */
  'case.claim': {
    request: z.object({ itemId: z.guid(), takeOver: z.boolean().default(false) }),
    response: claimAnswer,
  },
  'case.release': { request: z.object({ itemId: z.guid() }), response: z.object({}) },
  /** Claims the first item of this filter and order that nobody else has, but for `except`: the one just looked at. Null when there is none. */
  'queue.next': {
    request: z.object({ filter: queueFilter, except: z.guid().optional() }),
    response: claimResult.nullable(),
  },
  /** Freezes a choice; nothing is decided yet. */
  'bulk.start': { request: bulkStart, response: bulkSession },
  /** Newest first; those of others too. */
  'bulk.list': { request: z.object({}), response: z.array(bulkSession) },
  'bulk.get': { request: z.object({ sessionId: z.guid() }), response: bulkSession.nullable() },
  'bulk.preview': { request: z.object({ sessionId: z.guid() }), response: bulkPreview },
  'bulk.items': {
    request: z.object({
      sessionId: z.guid(),
      offset: z.number().int().min(0),
      limit: z.number().int().min(1).max(500),
    }),
    response: bulkItems,
  },
  /** Runs or goes on, in the background; `bulk` notices tell how far it is. */
  'bulk.run': { request: z.object({ sessionId: z.guid() }), response: bulkSession },
  /** After the batch at hand. */
  'bulk.pause': { request: z.object({ sessionId: z.guid() }), response: bulkSession },
  'bulk.cancel': { request: z.object({ sessionId: z.guid() }), response: bulkSession },
  /** Takes back what it decided, in the background. */
  'bulk.undo': { request: z.object({ sessionId: z.guid() }), response: bulkSession },
  /** One line an item, as CSV. */
  'bulk.report': { request: z.object({ sessionId: z.guid() }), response: z.object({ csv: z.string() }) },
  /** The evidence bundle of a case: one HTML page that needs nothing else (SPEC 4). */
  'case.bundle': { request: z.object({ itemId: z.guid() }), response: z.object({ html: z.string() }).nullable() },
  /** Asks the person where to save a text and writes it there; answered by main. `saved` is false where they thought better of it. */
  'file.save': {
    request: z.object({ name: z.string().min(1).max(120), text: z.string() }),
    response: z.object({ saved: z.boolean() }),
  },
  'sync.status': { request: z.object({}), response: syncStatus },
  /** Tries to reach the server now. */
  'sync.now': { request: z.object({}), response: z.object({}) },
  'sync.outbox': { request: outboxRequest, response: outboxPage },
  /** Sends again what was rejected. */
  'sync.retry': { request: z.object({ id: z.guid() }), response: outboxRow },
  /** Withdraws what was not sent yet. */
  'sync.withdraw': { request: z.object({ id: z.guid() }), response: outboxRow },
  'sync.conflict': { request: z.object({ id: z.guid() }), response: conflictView.nullable() },
  'sync.resolve': { request: resolveRequest, response: outboxRow },
  /** For leads, on-line: what analysts handed to them, oldest first. */
  'sync.objections': { request: z.object({}), response: z.array(objection) },
  /** A lead has looked at it; what the lead decides is a decision or a reversal of its own. */
  'sync.settle': { request: z.object({ objectionId: z.guid() }), response: z.object({}) },
  /** The same for all that are alike; refused where there are others than the lead was told of. */
  'sync.settleAlike': { request: z.object({ newest: z.guid(), count: z.number().int() }), response: z.object({}) },
  'sync.settings': { request: z.object({}), response: cacheSettings },
  'sync.keep': { request: z.object({ keep: z.number().int().min(100).max(1_000_000) }), response: cacheSettings },
  /**
   * Removes the cache from this computer and pulls it anew. Refused while decisions are undelivered or came back unsettled, unless
   * `evenUndelivered`; then main asks the person itself, since no page may destroy them by a call.
   */
  'sync.wipe': { request: z.object({ evenUndelivered: z.boolean() }), response: removal },
  /** Removes another copy from this computer, with all that waits in it. Refused where a program has it open. */
  'sync.wipeOther': { request: otherCopy.pick({ copy: true }), response: removal },
  /** What deciding a choice would do by what the cache knows: for a bulk session without a server. */
  'sync.bulkPreview': { request: bulkStart, response: offlineBulkPreview },
  /** Puts the decisions of a bulk session into the outbox, all or none. */
  'sync.bulk': { request: bulkStart, response: offlineBulkPreview },
  /** Takes all of a session back: what waits is withdrawn, and for each that was sent an undo is put into the outbox. */
  'sync.withdrawBulk': {
    request: z.object({ sessionId: z.guid() }),
    response: z.object({
      withdrawn: z.number().int(),
      undos: z.number().int(),
    }),
  },
  'reasons.list': { request: z.object({}), response: z.array(reasonCode) },
} as const;

export type MethodName = keyof typeof METHODS;
export type MethodRequest<M extends MethodName> = z.input<(typeof METHODS)[M]['request']>;
export type MethodResponse<M extends MethodName> = z.output<(typeof METHODS)[M]['response']>;

/** What is wrong with a request in words for the window; null where only its shape is, which no window gets wrong. */
export const rulesBroken = ({ issues }: z.ZodError): string | null =>
  issues.find(({ code }) => code === 'custom')?.message ?? null;

/** What main answers itself, whether the host is there or not. */
export type MainMethodName = 'file.save';

/** A method's implementation; the host is one of each that main leaves to it. */
export type MethodHandlers = {
  readonly [M in Exclude<MethodName, MainMethodName>]: (
    request: z.output<(typeof METHODS)[M]['request']>,
  ) => Promise<MethodResponse<M>>;
};

export const ERROR_CODES = ['bad_request', 'unavailable', 'not_saved', 'refused', 'internal'] as const;

/** A call that got no answer: `unavailable` is worth a retry; `not_saved` had no effect, and is once the disk is mended; the others are not. */
export const callError = z.object({ code: z.enum(ERROR_CODES), message: z.string() });
export type CallError = z.infer<typeof callError>;

/** What comes back for a call over any of the process boundaries. */
export type CallOutcome<M extends MethodName = MethodName> =
  | { readonly ok: true; readonly value: MethodResponse<M> }
  | { readonly ok: false; readonly error: CallError };
