import pg from 'pg';
import { expect, test } from 'vitest';
import { keepableText, traceError } from '../../core/postgres/error-text.ts';

function databaseError(code: string, message: string, more: Partial<pg.DatabaseError> = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, ...more });
}

test('an error about data is told by its code and place, without the value that it quotes', () => {
  const quoting = databaseError('22P02', 'invalid input syntax for type integer: "canary@example.org"', {
    detail: 'Key (email)=(canary@example.org)',
    routine: 'pg_strtoint32_safe',
  });
  expect(keepableText(quoting)).toBe('22P02 pg_strtoint32_safe');
  expect(traceError(quoting)).not.toContain('canary');
  expect(traceError(quoting)).toMatch(/^error: 22P02 pg_strtoint32_safe.*\n\s+at /s);
});

test('a broken key is told by its table and name', () => {
  const broken = databaseError('23505', 'duplicate key', { table: 'users', constraint: 'users_email_unique' });
  expect(keepableText(broken)).toBe('23505 duplicate key (users.users_email_unique)');
});

test('any other error of the database keeps its words', () => {
  expect(keepableText(databaseError('42P01', 'relation "x" does not exist'))).toBe('42P01 relation "x" does not exist');
});
