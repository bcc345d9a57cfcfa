/** Why a call was not even tried, or cannot be answered. */
export type CallFault =
  | 'no_transaction'
  | 'isolation'
  | 'not_migrated'
  | 'observe_mode'
  | 'wrong_hash_key'
  | 'id_reused'
  | 'bad_call';

/**
 * A call that is a mistake of the program that makes it: `code` names it, the message says what to do. Nothing was changed, and the
 * caller's transaction goes on. What users do wrong is no error but an answer.
 */
export class UmpireError extends Error {
  override readonly name = 'UmpireError';
  readonly code: CallFault;

  constructor(code: CallFault, message: string) {
    super(message);
    this.code = code;
  }
}
