import pg from 'pg';

/**
 * What the database said, fit for a log, a run record or a terminal. Errors about data (classes 22 and 23) quote values, which
 * may be personal: of those only the code and the place are told. The detail of an error, which quotes rows, never is.
 */
export function explainDatabaseError(error: pg.DatabaseError): string {
  const { code = 'unknown', table, constraint, column, routine } = error;
  if (!/^2[23]/.test(code)) return `${error.message} (${code})`;
  const place = [table, constraint ?? column ?? routine].filter((part) => part !== undefined).join(', ');
  return `the database refused a value (${code}${place === '' ? '' : `: ${place}`})`;
}

/** The same for whatever was thrown. */
export function explainError(error: unknown): string {
  if (error instanceof pg.DatabaseError) return explainDatabaseError(error);
  return error instanceof Error ? error.message : 'unknown error';
}

/** For a log: what was thrown and where, without what an error about data quotes. */
export function traceError(error: unknown): string {
  if (!(error instanceof Error)) return explainError(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name}: ${explainError(error)}`, ...frames].join('\n');
}
