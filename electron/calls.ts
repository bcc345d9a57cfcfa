import { METHODS, rulesBroken } from '../core/contract/methods.ts';
import type { CallError, CallOutcome, MethodName, MethodResponse } from '../core/contract/methods.ts';
import type { Supervisor } from './host/supervisor.ts';

function failure(code: CallError['code'], message: string): CallOutcome {
  return { ok: false, error: { code, message } };
}

function isMethodName(method: unknown): method is MethodName {
  return typeof method === 'string' && Object.hasOwn(METHODS, method);
}

/**
 * One call from the window, checked on its way in and its answer on the way out, whatever window and host did before.
 * Only what the contract names gets through: unknown fields of an answer stay here.
 */
export async function answerCall(
  method: unknown,
  request: unknown,
  call: Supervisor['call'],
  log: (line: string) => void,
): Promise<CallOutcome> {
  if (!isMethodName(method)) return failure('bad_request', 'There is no such method.');
  const asked = METHODS[method].request.safeParse(request);
  if (!asked.success) {
    const where = asked.error.issues.map((issue) => issue.path.join('.') || 'request').join(', ');
    return failure('bad_request', rulesBroken(asked.error) ?? `${method}: wrong in ${where}`);
  }
  const outcome = await call(method, asked.data);
  if (!outcome.ok) return outcome;
  const answered = METHODS[method].response.safeParse(outcome.value);
  if (answered.success) return { ok: true, value: answered.data as MethodResponse<MethodName> };
  // Paths only: the values are people's data.
  const where = answered.error.issues.map((issue) => `${issue.path.join('.') || 'answer'} (${issue.code})`).join(', ');
  log(`${method}: the answer breaks the contract in ${where}`);
  return failure('internal', `${method} gave an answer that Umpire does not understand; the log has the details.`);
}
