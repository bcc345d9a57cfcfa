import type { Bridge } from '../../core/contract/bridge.ts';
import type { CallError, CallOutcome, MethodName, MethodRequest, MethodResponse } from '../../core/contract/methods.ts';
import type { Notice } from '../../core/contract/notices.ts';

/** A call without an answer. `code` says whether asking again is worth it. */
export class CallFailure extends Error {
  readonly code: CallError['code'];

  constructor(error: CallError) {
    super(error.message);
    this.name = 'CallFailure';
    this.code = error.code;
  }
}

function bridge(): Bridge {
  return globalThis.umpire;
}

/** Asks the core host; throws `CallFailure` where there is no answer. */
export async function ask<M extends MethodName>(method: M, request: MethodRequest<M>): Promise<MethodResponse<M>> {
  const outcome: CallOutcome<M> = await bridge().call(method, request);
  if (outcome.ok) return outcome.value;
  throw new CallFailure(outcome.error);
}

export function onNotice(listener: (notice: Notice) => void): () => void {
  return bridge().subscribe(listener);
}

/** What to tell a person about something that went wrong. */
export function failureText(error: unknown): string {
  return error instanceof Error ? error.message : 'The core host gave no reason.';
}
