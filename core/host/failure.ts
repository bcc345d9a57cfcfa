import type { CallError } from '../contract/methods.ts';

/** An expected failure of a call, e.g. `unavailable` while Postgres restarts; any other exception is a bug. */
export class CallFailure extends Error {
  readonly error: CallError;

  constructor(code: CallError['code'], message: string) {
    super(message);
    this.name = 'CallFailure';
    this.error = { code, message };
  }
}
