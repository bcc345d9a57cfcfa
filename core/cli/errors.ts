import { DatabaseError } from 'pg';
import { keepableText, raisedText, refusedText } from '../postgres/error-text.ts';

/** Arguments that cannot be understood: said in one line, exit status 2 unless it says otherwise. */
export class BadArgument extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command did what it could and failed: its result is printed already. */
export class Failed extends Error {}

/** What to print of an error: never a password, never empty. */
export function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join('; ');
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DatabaseError) {
    return raisedText(error) ?? refusedText(error) ?? `PostgreSQL: ${keepableText(error)}`;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `No PostgreSQL server answers there (${error.message || code}).`;
  return error.message || code || error.name;
}
