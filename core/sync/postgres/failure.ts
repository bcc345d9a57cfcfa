import pg from 'pg';
import { isConnectionLoss } from '../../postgres/connection-loss.ts';
import { codeOf } from '../../postgres/embedded/error.ts';
import { ServerFailure } from '../ports.ts';

/** The server chose this transaction as the one that ends, or could not wait any longer: nothing had effect. */
const BUSY = new Set(['40001', '40P01', '55P03', '57014']);
/** The server is there and cannot do anything now: too many connections, no room, a standby. Nothing had effect. */
const NOT_NOW = /^(?:53|58)|^25006$/;
/** What this program asks for is not in that database. */
const MISSING = new Set(['42883', '42P01', '42703', '3F000', '3D000', '42704']);
const NO_LOGIN = /not permitted to log in/i;
/** Of TLS and of the handshake: the server is there, and it is not the one that was expected or does not know this login. */
const HANDSHAKE = /certificate|self.signed|\bSSL\b|\bTLS\b|SASL|altnames/i;

/** The error as one of the kinds that a call to the server may fail with; null for a fault of ours, or for what the server says of one call alone. */
export function serverFailure(error: unknown): ServerFailure | null {
  if (error instanceof ServerFailure) return error;
  const words = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === '28P01') {
    return new ServerFailure('refused', 'The server did not accept the password of this login.');
  }
  if (code === '28000') {
    return NO_LOGIN.test(words)
      ? new ServerFailure('account', 'This login is disabled.')
      : new ServerFailure('refused', `The server refused the connection: ${words}`);
  }
  if (isConnectionLoss(error)) return new ServerFailure('link', words);
  if (code !== undefined && NOT_NOW.test(code)) return new ServerFailure('link', words);
  if (code !== undefined && BUSY.has(code)) return new ServerFailure('busy', words);
  if (code !== undefined && MISSING.has(code)) {
    return new ServerFailure(
      'refused',
      `The database does not have what this version of Umpire asks for (${words}): run \`umpire migrate\`, or update Umpire.`,
    );
  }
  if (!(error instanceof pg.DatabaseError) && HANDSHAKE.test(words)) {
    return new ServerFailure('refused', `The connection could not be made safe: ${words}`);
  }
  return null;
}

/** Whether the server says that a right is missing. */
export function isMissingRight(error: unknown): boolean {
  return codeOf(error) === '42501';
}
