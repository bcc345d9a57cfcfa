export type CacheErrorCode =
  /** Another program holds the cache. */
  | 'in_use'
  /** A later Umpire made it. */
  | 'newer'
  /** Another key, or a damaged file. */
  | 'unreadable'
  | 'full'
  | 'readonly'
  | 'io';

/** Why the cache cannot be opened, or could not be written. The message says what happened, what is safe and what to do. */
export class CacheError extends Error {
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CacheError';
    this.code = code;
  }
}

export type CacheRefusalCode =
  | 'unknown_item'
  | 'not_open'
  /** An operation on the item that no server has answered. */
  | 'undelivered'
  /** The same id with something else in it. */
  | 'id_reused'
  | 'unknown_operation'
  /** The operation is in a state in which this cannot be done. */
  | 'not_now';

/** What the cache does not do for whoever asks: nothing has changed, and the message says why in words for the window. */
export class CacheRefusal extends Error {
  readonly code: CacheRefusalCode;

  constructor(code: CacheRefusalCode, message: string) {
    super(message);
    this.name = 'CacheRefusal';
    this.code = code;
  }
}

const FULL = /^(ENOSPC|EDQUOT|SQLITE_FULL)$/;
const CLOSED = /^(EACCES|EPERM|ENOTDIR|EISDIR|EEXIST|ELOOP|SQLITE_READONLY\w*|SQLITE_CANTOPEN\w*|SQLITE_PERM)$/;
const READ_ONLY_DISK = /^EROFS$/;
const UNREADABLE = /^SQLITE_(NOTADB|CORRUPT\w*)$/;
const BUSY = /^SQLITE_(BUSY\w*|LOCKED\w*)$/;
const BROKEN = /^(EIO|SQLITE_IOERR\w*|SQLITE_PROTOCOL)$/;

/** An error of the system or of SQLite as a CacheError; anything else, as a fault of ours is, passes as it is. */
export function asCacheError(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof CacheError) return error;
  if (FULL.test(code)) {
    return new CacheError(
      'full',
      `The disk that holds the cache in ${folder} is full. Nothing of this was saved; what was saved before is safe. Free some space, then try again.`,
      error,
    );
  }
  if (READ_ONLY_DISK.test(code)) {
    return new CacheError(
      'readonly',
      `The cache in ${folder} is on a disk that takes no writing (${code}). Nothing of this was saved; what was saved before is safe. Make the disk writable, then try again.`,
      error,
    );
  }
  if (CLOSED.test(code)) {
    return new CacheError(
      'readonly',
      `The cache in ${folder} cannot be written by this user (${code}). Nothing of this was saved; what was saved before is safe. ` +
        'Give this user the folder and its files, then try again.',
      error,
    );
  }
  if (UNREADABLE.test(code)) return unreadable(folder, error);
  if (BUSY.test(code)) return inUse(folder, error);
  if (BROKEN.test(code)) {
    return new CacheError(
      'io',
      `The disk that holds the cache in ${folder} reported an error (${code}). Nothing of this was saved; what was saved before is safe as far as the disk is. ` +
        'Check the disk, then start Umpire again.',
      error,
    );
  }
  return error;
}

export function inUse(folder: string, cause?: unknown): CacheError {
  return new CacheError(
    'in_use',
    `Another Umpire has the cache in ${folder} open. Nothing was changed. Use that one, or end it and start this one again.`,
    cause,
  );
}

export function unreadable(folder: string, cause?: unknown): CacheError {
  return new CacheError(
    'unreadable',
    `The cache in ${folder} cannot be read: its key is another one, or the file is damaged. Nothing was changed, and all that the server has is safe there; ` +
      'decisions that were not sent yet are in this file alone. Bring its key or a copy of the file back, or remove the cache to start with an empty one.',
    cause,
  );
}

export function notPlain(folder: string, path: string): CacheError {
  return new CacheError(
    'readonly',
    `The cache in ${folder} was not opened: ${path} is no plain file but a link or a folder. Nothing was changed. Move it away, then try again.`,
  );
}

export function newerCache(folder: string): CacheError {
  return new CacheError(
    'newer',
    `The cache in ${folder} was made by a later version of Umpire. It was not touched. Start that version, or install it here.`,
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
