import { expect, test } from 'vitest';
import { counted } from '../../core/domain/counted.ts';
import { shortHash } from '../../core/domain/short-hash.ts';
import { wordsFor } from '../../core/review/words.ts';

const words = wordsFor('Europe/Berlin', new Date('2026-11-22T12:00:00Z'));

test('times are told in the zone of the reader, with the year where it is another one', () => {
  expect(words.time('2026-03-12T08:14:59.999Z')).toBe('12 Mar, 09:14');
  expect(words.time('2025-12-31T22:30:00Z')).toBe('31 Dec 2025, 23:30');
  expect(words.time('2025-12-31T23:30:00Z')).toBe('1 Jan, 00:30');
  expect(words.time(undefined)).toBe('an unknown time');
});

test('spans are told in their two largest units', () => {
  const second = 1000;
  const hour = 3600 * second;
  expect([0, 999, 59 * second, 250 * second, hour, hour + 5 * second, 75 * hour].map(words.span)).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '4 min 10 s',
    '1 h',
    '1 h',
    '3 d 3 h',
  ]);
});

test('hashes are shortened to four and two characters', () => {
  expect(shortHash('7f3ab6409d0c2')).toBe('7f3a…c2');
  expect(words.short(null)).toBe('unknown');
});

test('one is told in the singular', () => {
  expect([counted(1, 'account'), counted(0, 'account'), counted(1204, 'account')]).toEqual([
    '1 account',
    '0 accounts',
    '1,204 accounts',
  ]);
});
