import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { coalesced } from '../../core/host/coalesced.ts';
import { derivedId } from '../../core/host/derived-id.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('runs at once, then at most once in so many milliseconds, and never loses the last', () => {
  let runs = 0;
  const { soon, stop } = coalesced(200, () => (runs += 1));
  soon();
  expect(runs).toBe(1);
  for (let asked = 0; asked < 50; asked += 1) soon();
  expect(runs).toBe(1);
  vi.advanceTimersByTime(200);
  expect(runs).toBe(2);
  vi.advanceTimersByTime(1000);
  expect(runs).toBe(2);
  soon();
  soon();
  expect(runs).toBe(3);
  stop();
  vi.advanceTimersByTime(1000);
  soon();
  expect(runs).toBe(3);
});

it('derives the same uuid from the same parts, and another from others', () => {
  const id = derivedId('bulk', 'a', 'b');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(derivedId('bulk', 'a', 'b')).toBe(id);
  expect(derivedId('bulk', 'ab', '')).not.toBe(id);
});
