import pg from 'pg';

const LONGEST = 500;
/** Data exceptions and what functions raise quote the value that they met. */
const QUOTES_VALUES = /^(22|P0)/;
const EMAIL = /[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b/gi;

/**
 * An error in words that may be kept: what failed and where, never a value of a row. Of an error of the database that is
 * its code, its message where that names objects only, and the object; not its detail, which quotes rows.
 */
export function keepableText(error: unknown): string {
  return textOf(error).replace(EMAIL, '…@…').replace(ADDRESS, '…').slice(0, LONGEST);
}

/** What one of Umpire's own functions says of its refusal, which names no value of a row; null for any other error. */
export function raisedText(error: pg.DatabaseError): string | null {
  if (error.routine !== 'exec_stmt_raise' || QUOTES_VALUES.test(error.code ?? '')) return null;
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

/** What the server refuses to this login; null for any other error. */
export function refusedText(error: pg.DatabaseError): string | null {
  return error.code === '42501' ? `This login may not do that (${error.message}).` : null;
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  if (!(error instanceof Error)) return 'unknown error';
  if (error instanceof pg.DatabaseError) {
    const { code = '', schema, table, constraint, routine } = error;
    const message = QUOTES_VALUES.test(code) ? (routine ?? '') : error.message;
    const place = [schema, table, constraint].filter((name) => name !== undefined).join('.');
    return [code, message, place === '' ? '' : `(${place})`].filter((part) => part !== '').join(' ');
  }
  // Parsers quote what they could not read.
  if (error instanceof SyntaxError) return error.name;
  return error.message === '' ? error.name : error.message;
}

/** For a log: what was thrown, in words that may be kept, and where. */
export function traceError(error: unknown): string {
  if (!(error instanceof Error)) return keepableText(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name}: ${keepableText(error)}`, ...frames].join('\n');
}
