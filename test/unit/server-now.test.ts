import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { noteAhead, serverNow } from '../../renderer/ui/now.ts';

const AT = Date.parse('2026-03-01T10:00:00Z');
const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers({ now: AT + DAY_MS }));
afterEach(() => {
  vi.useRealTimers();
  noteAhead(0);
});

it('ages are by the clock of the server, on a computer whose own is a day ahead', () => {
  noteAhead(DAY_MS);
  expect(serverNow()).toBe(AT);
});
