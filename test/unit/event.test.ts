import { expect, test } from 'vitest';
import { describeFault, event } from '../../core/programme/events.ts';

const fault = (value: unknown): string => {
  const parsed = event.safeParse(value);
  return parsed.success ? 'accepted' : describeFault(parsed.error);
};
const seen = {
  id: 'e',
  type: 'user.seen',
  at: '2026-03-01T10:00:00+01:00',
  userId: 'u',
  context: 'login',
  ip: '192.0.2.1',
};

test('a fault names its field and never quotes what was there', () => {
  expect(fault(seen)).toBe('accepted');
  expect(fault({ ...seen, type: 'user.exploded' })).toBe('type: unknown');
  expect(fault({ ...seen, ip: undefined })).toBe('ip: missing');
  expect(fault({ ...seen, ip: '203.0.113.999' })).toBe('ip: not an IP address');
  expect(fault({ ...seen, at: '2026-03-01T10:00:00' })).toMatch(/^at: /);
  expect(fault({ ...seen, at: '2026-02-30T10:00:00Z' })).toMatch(/^at: /);
  expect(fault({ ...seen, userId: 'a\u0000b' })).toBe('userId: has a character that cannot be stored');
  expect(fault({ ...seen, userId: '\ud800' })).toBe('userId: has a character that cannot be stored');
});

test('codes have the form of their type', () => {
  const made = (code: string, type: string): string =>
    fault({ id: 'e', type: 'code.created', at: '2026-03-01T10:00:00Z', code: { code, userId: 'u', type } });
  expect([made(' k7p2qx ', 'auto'), made('anna-2026', 'custom'), made('SUMMER', 'campaign')]).toEqual([
    'accepted',
    'accepted',
    'accepted',
  ]);
  expect([made('K7P2Q0', 'auto'), made('AB', 'custom'), made('ÄPFEL', 'custom')]).toEqual(
    Array(3).fill('code.code: not a code of its type'),
  );
});

test('a pattern that cannot be understood is refused', () => {
  const made = (patternType: string, patternValue: string): string =>
    fault({
      id: 'e',
      type: 'pattern.created',
      at: '2026-03-01T10:00:00Z',
      pattern: { patternType, patternValue, severity: 'high', scoreImpact: 30 },
    });
  expect(made('email_domain', '/(a+)+$/')).toBe('accepted');
  expect(made('email_domain', '/(?=a)b/')).toMatch(/^pattern.patternValue: a regular expression that does not compile/);
  expect(made('email_domain', 'not a domain')).toMatch(/^pattern.patternValue: /);
  expect(made('ip_range', '192.0.2.0/40')).toMatch(/^pattern.patternValue: /);
  expect(made('device_pattern', 'device-1')).toBe('accepted');
});
