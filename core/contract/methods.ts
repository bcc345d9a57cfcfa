import { z } from 'zod';
import { caseFile, decideRequest, decideResult } from './case.ts';
import { queuePage, queuePageRequest, queueSummary } from './queue.ts';
import { reasonCode, workspaceStatus } from './workspace.ts';

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
  /** Null when there is no such item. */
  'case.get': { request: z.object({ itemId: z.guid() }), response: caseFile.nullable() },
  'case.decide': { request: decideRequest, response: decideResult },
  'reasons.list': { request: z.object({}), response: z.array(reasonCode) },
} as const;

export type MethodName = keyof typeof METHODS;
export type MethodRequest<M extends MethodName> = z.input<(typeof METHODS)[M]['request']>;
export type MethodResponse<M extends MethodName> = z.output<(typeof METHODS)[M]['response']>;

/** A method's implementation; the host is one of each. */
export type MethodHandlers = {
  readonly [M in MethodName]: (request: z.output<(typeof METHODS)[M]['request']>) => Promise<MethodResponse<M>>;
};

export const ERROR_CODES = ['bad_request', 'unavailable', 'refused', 'internal'] as const;

/** A call that got no answer: `unavailable` is worth a retry, the others are not. */
export const callError = z.object({ code: z.enum(ERROR_CODES), message: z.string() });
export type CallError = z.infer<typeof callError>;

/** What comes back for a call over any of the process boundaries. */
export type CallOutcome<M extends MethodName = MethodName> =
  | { readonly ok: true; readonly value: MethodResponse<M> }
  | { readonly ok: false; readonly error: CallError };
