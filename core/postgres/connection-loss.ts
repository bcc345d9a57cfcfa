import { codeOf } from './embedded/error.ts';

/** The network said no, or an open connection ended, in the words of Linux, of macOS and of Windows. */
const NETWORK = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOENT',
  'ENOTCONN',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);
/** Of `pg` itself, which gives these no code. */
const PG_ENDED =
  /connection terminated|client has encountered a connection error|timeout exceeded when trying to connect|not queryable/i;

/** Whether the server is gone or going: nothing that was asked is known to have happened. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && (NETWORK.has(code) || code.startsWith('08') || code.startsWith('57P'))) return true;
  return error instanceof Error && PG_ENDED.test(error.message);
}
