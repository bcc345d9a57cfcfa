import { DatabaseError } from 'pg';
import { METHODS, rulesBroken } from '../contract/methods.ts';
import type { CallOutcome, MethodHandlers, MethodName, MethodRequest, MethodResponse } from '../contract/methods.ts';
import { raisedText, traceError } from '../postgres/error-text.ts';
import { CallFailure } from './failure.ts';

function isAnswered(handlers: MethodHandlers, method: MethodName): method is keyof MethodHandlers {
  return Object.hasOwn(handlers, method);
}

/** Runs one method. Every end of it is an outcome: a call without an answer would keep the window waiting. */
export async function answer(
  handlers: MethodHandlers,
  method: MethodName,
  request: MethodRequest<MethodName>,
  log: (line: string) => void,
): Promise<CallOutcome> {
  const parsed = METHODS[method].request.safeParse(request);
  if (!parsed.success) {
    const message = rulesBroken(parsed.error) ?? `${method}: the request is malformed`;
    return { ok: false, error: { code: 'bad_request', message } };
  }
  if (!isAnswered(handlers, method))
    return { ok: false, error: { code: 'bad_request', message: `${method} is not answered here` } };
  // The request was parsed by the schema of this very method, which the compiler cannot follow through the union.
  const handler = handlers[method] as (request: unknown) => Promise<MethodResponse<MethodName>>;
  try {
    return { ok: true, value: await handler(parsed.data) };
  } catch (error) {
    if (error instanceof CallFailure) return { ok: false, error: error.error };
    const refusal = error instanceof DatabaseError ? refusalOf(error) : null;
    if (refusal !== null) return { ok: false, error: { code: 'refused', message: refusal } };
    log(`${method} failed: ${traceError(error)}`);
    return { ok: false, error: { code: 'internal', message: `${method} failed; the log has the details` } };
  }
}

const NOT_ALLOWED = '42501';

/** What the database says of a right that the login has not; null for any other error. */
function refusalOf(error: DatabaseError): string | null {
  return error.code === NOT_ALLOWED ? (raisedText(error) ?? 'The role of this login does not allow that.') : null;
}
