export type WorkspaceErrorCode =
  /** Another Umpire program kept starting or stopping the server for too long. */
  | 'busy'
  | 'no_permission'
  | 'disk_full'
  /** Running as root: the unprivileged account of the server cannot enter the folder. */
  | 'unreachable'
  | 'no_account'
  | 'no_binaries'
  | 'foreign_version'
  /** There is a data folder, but it is not one that Umpire can open. */
  | 'not_a_workspace'
  | 'password'
  | 'start_failed'
  | 'stop_failed';

/** Why the embedded workspace cannot be used. The message says what happened, what is safe and what to do. */
export class WorkspaceError extends Error {
  readonly code: WorkspaceErrorCode;

  constructor(code: WorkspaceErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WorkspaceError';
    this.code = code;
  }
}

/** The error code of the system or of SQLite (`EACCES`, `SQLITE_BUSY`) or of Postgres (`3D000`), if there is one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const FULL = /^(ENOSPC|EDQUOT|SQLITE_FULL|53100)$|no space left on device|disk quota exceeded/i;
const DENIED =
  /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ELOOP|SQLITE_CANTOPEN|SQLITE_READONLY\w*|SQLITE_PERM)$|permission denied/i;

export function diskFull(folder: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(
    'disk_full',
    `The disk that holds the workspace in ${folder} is full. What was saved before is safe. Free some space, then start Umpire again.`,
    cause,
  );
}

export function noPermission(folder: string, cause?: unknown): WorkspaceError {
  const detail = cause instanceof Error ? ` (${cause.message})` : '';
  return new WorkspaceError(
    'no_permission',
    `The workspace folder ${folder} cannot be read and written by this user${detail}. Nothing was changed. ` +
      'Give this user the folder, or set UMPIRE_HOME to a folder that it may write.',
    cause,
  );
}

/** A disk that is full and a folder that is closed, told by code or message; undefined for anything else. */
export function asFolderError(told: unknown, folder: string): WorkspaceError | undefined {
  const words = typeof told === 'string' ? told : (codeOf(told) ?? '');
  const cause = typeof told === 'string' ? undefined : told;
  if (FULL.test(words)) return diskFull(folder, cause);
  if (DENIED.test(words)) return noPermission(folder, cause);
  return undefined;
}

/** Runs `work`; a full disk or a closed folder becomes a WorkspaceError, any other error passes as it is. */
export async function inFolder<T>(folder: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WorkspaceError) throw error;
    throw asFolderError(error, folder) ?? error;
  }
}
