import { expect, test } from 'vitest';
import { failureOf } from '../../core/host/failures.ts';
import { serverFailure } from '../../core/sync/postgres/failure.ts';
import { isConnectionLoss } from '../../core/postgres/connection-loss.ts';
import { labelOf, withoutSecrets } from '../../core/host/secrets.ts';

const url = 'postgresql://ana:s3cr%2Ft%20x@db.example:5433/umpire';

test('a password is taken out of any text, encoded or not, as a part of a URL or alone', () => {
  const texts = [
    `cannot reach ${url}`,
    'password s3cr/t x refused',
    'password s3cr%2Ft%20x refused',
    'postgres://someone:else@host/db?password=else',
    'host=db password=else user=ana',
  ];
  expect(texts.map((text) => withoutSecrets(text, url)).join('\n')).not.toMatch(/s3cr|else/);
});

test('a server is named by host and database', () => {
  expect(labelOf(url)).toBe('db.example:5433/umpire');
  expect(labelOf('not a url with a secret')).toBe('configured server');
});

test('a network that goes is a lost connection in the words of every system', () => {
  const codes =
    'ECONNABORTED ECONNRESET EADDRNOTAVAIL EHOSTDOWN ENETDOWN ENETRESET ENETUNREACH ENOTCONN EPIPE ETIMEDOUT';
  const kindOf = (code: string) =>
    serverFailure(Object.assign(new Error(`read ${code}`), { code, syscall: 'read' }))?.kind;
  expect(codes.split(' ').filter((code) => kindOf(code) !== 'link')).toEqual([]);
});

test('failures say what happened, what is safe and what to do', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const login = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  expect(isConnectionLoss(refused)).toBe(true);
  expect(isConnectionLoss(login)).toBe(false);
  expect(isConnectionLoss(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(failureOf(refused, { databaseUrl: url }).message).toMatch(/lost.*saved.*retry/);
  expect(failureOf(login, { databaseUrl: url }).message).toMatch(/refused the login.*Nothing was changed.*retry/);
  expect(failureOf(new Error(`bad ${url}`), { databaseUrl: url }).detail).not.toContain('s3cr');
});
