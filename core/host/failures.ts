import { DatabaseError } from 'pg';
import { CacheError } from '../cache/error.ts';
import { MigrateError } from '../postgres/migrate.ts';
import { isConnectionLoss } from '../postgres/connection-loss.ts';
import { keepableText } from '../postgres/error-text.ts';
import { NotAllowedError } from '../postgres/roles/login.ts';
import { HashKeyError } from '../postgres/hash-key.ts';
import { codeOf, WorkspaceError } from '../postgres/embedded/error.ts';
import { withoutSecrets } from './secrets.ts';
import { NotMigratedError, RightsMissingError } from './session.ts';

export type Failure = { readonly message: string; readonly detail: string | null };

/** What happened, what is safe and what to do, in words for the person at the screen; never a password. */
export function failureOf(error: unknown, options: { readonly databaseUrl?: string }): Failure {
  const detail = withoutSecrets(detailOf(error), options.databaseUrl);
  const own = [
    CacheError,
    WorkspaceError,
    NotMigratedError,
    RightsMissingError,
    NotAllowedError,
    MigrateError,
    HashKeyError,
  ].some((kind) => error instanceof kind);
  if (own) return { message: detail, detail: null };
  // Without the detail, which names the login.
  if (isLockedOut(error)) {
    return {
      message: 'This login was disabled. An admin can enable it again; then retry.',
      detail: null,
    };
  }
  if (error instanceof DatabaseError && error.code === '28000' && error.routine === 'InitializeSessionUserId') {
    return {
      message:
        'The server does not know this login now. Nothing was changed, and what was decided stays on this computer. Ask an admin, then retry.',
      detail: null,
    };
  }
  const configured = options.databaseUrl !== undefined;
  if (codeOf(error) === '28P01' || codeOf(error) === '28000') {
    return {
      message:
        'Postgres refused the login. Nothing was changed. Check user and password of the connection, then retry.',
      detail,
    };
  }
  if (codeOf(error) === '3D000') {
    return {
      message:
        'There is no such database on this server. Nothing was changed. Check its name in the connection, then retry.',
      detail,
    };
  }
  if (isConnectionLoss(error)) {
    return {
      message: configured
        ? 'The connection to Postgres is lost. Every decision shown as applied is saved. Check that the server can be reached, then retry.'
        : 'The embedded Postgres has stopped. Every decision shown as applied is saved. Retry to start it again.',
      detail,
    };
  }
  return {
    message: 'The workspace could not be opened. What was saved before is safe. Retry; the log has the details.',
    detail,
  };
}

/** A database's error quotes rows; what the network says does not, and its addresses are those of the server. */
function detailOf(error: unknown): string {
  if (error instanceof DatabaseError) return keepableText(error);
  return error instanceof Error ? error.message : String(error);
}

/** Of the same routine as that a role is not there (yet), which a restore under way says too. */
const NO_LOGIN = /not permitted to log in/i;

/**
 * Whether the server knows this login and lets it in no more. The same code with another routine is a rule about its address, which
 * says nothing of the account. A server that says it in another language only keeps the login out.
 */
export function isLockedOut(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    error.code === '28000' &&
    error.routine === 'InitializeSessionUserId' &&
    NO_LOGIN.test(error.message)
  );
}
