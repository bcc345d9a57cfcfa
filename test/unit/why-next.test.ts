import { describe, expect, test } from 'vitest';
import { type QueuePlace, whyNext } from '../../core/domain/why-next.ts';

const NOW = new Date('2026-03-10T12:00:00Z');
const at = (hours: number): string => new Date(NOW.getTime() + hours * 3_600_000).toISOString();
const place = (fields: Partial<QueuePlace> = {}): QueuePlace => ({
  priority: 'critical',
  score: 118,
  stake: 1210,
  dueAt: at(72),
  createdAt: at(-1 / 6),
  ...fields,
});

describe('why an item is next', () => {
  test.each([
    ['priority', {}, 'critical, 118 points'],
    ['priority', { dueAt: at(3) }, 'critical, 118 points · due in 3 h'],
    ['priority', { dueAt: at(-49) }, 'critical, 118 points · 2 d overdue'],
    ['score', { score: 1 }, '1 point'],
    ['due', {}, 'due in 3 d · 118 points'],
    ['due', { dueAt: at(0.75) }, 'due in 45 min · 118 points'],
    ['due', { dueAt: at(0) }, 'due now · 118 points'],
    ['due', { dueAt: at(-47.9) }, '47 h overdue · 118 points'],
    ['stake', {}, '1,210 credits at stake · critical'],
    ['stake', { stake: 1, dueAt: at(23) }, '1 credit at stake · critical · due in 23 h'],
    ['newest', {}, 'came 10 min ago'],
    // The clocks of two machines may differ.
    ['newest', { createdAt: at(1) }, 'came just now'],
  ] as const)('ordered by %s, %j: %s', (order, fields, told) => {
    expect(whyNext(place(fields), order, NOW)).toBe(told);
  });
});
