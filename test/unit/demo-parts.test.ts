import { describe, expect, test } from 'vitest';
import { NAMES, plain } from '../../core/programme/demo/names.ts';
import type { Locale } from '../../core/programme/demo/names.ts';
import { Emails } from '../../core/programme/demo/emails.ts';
import { clusters } from '../../core/programme/demo/parts.ts';
import { mix, Random } from '../../core/programme/demo/prng.ts';
import { isoAt, offsetAt } from '../../core/programme/demo/zones.ts';
import type { Zone } from '../../core/programme/demo/zones.ts';

describe('random numbers', () => {
  test('are these on every platform', () => {
    const random = new Random(1);
    const drawn = Array.from({ length: 4 }, () => random.uint());
    expect(drawn).toEqual([467652122, 3390648194, 1552274911, 560134032]);
    expect(random.child('family').uint()).toBe(924_669_595);
  });

  test('a child does not depend on what its parent has drawn', () => {
    const parent = new Random(9);
    const early = parent.child('x').uint();
    parent.uint();
    expect(parent.child('x').uint()).toBe(early);
    expect(parent.child('y').uint()).not.toBe(early);
  });

  test('fill their ranges and stay inside', () => {
    const random = new Random(3);
    const drawn = Array.from({ length: 5000 }, () => random.int(-2, 3));
    expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    const skewed = Array.from({ length: 5000 }, () => random.skewed(10, 20, 3));
    expect(Math.min(...skewed)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...skewed)).toBeLessThan(20);
    expect(skewed.filter((value) => value < 12).length).toBeGreaterThan(2500);
  });

  test('different serials never meet', () => {
    const mixed = new Set(Array.from({ length: 100_000 }, (_, serial) => mix(serial)));
    expect(mixed.size).toBe(100_000);
  });
});

describe('time zones by rule agree with the zone database', () => {
  const zones: readonly (readonly [string, Zone])[] = [
    ['Europe/Berlin', { minutes: 60, summer: 'eu' }],
    ['Europe/Lisbon', { minutes: 0, summer: 'eu' }],
    ['America/New_York', { minutes: -300, summer: 'us' }],
    ['America/Los_Angeles', { minutes: -480, summer: 'us' }],
    ['Asia/Kolkata', { minutes: 330, summer: 'none' }],
  ];

  test.each(zones)('%s, each hour around the changes of two years', (name, zone) => {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    for (const year of [2026, 2027]) {
      for (const [month, day] of [
        [2, 6],
        [2, 24],
        [9, 24],
        [10, 1],
      ] as const) {
        for (let hour = 0; hour < 9 * 24; hour++) {
          const at = Date.UTC(year, month, day, hour);
          const shown = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
          const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(shown) ?? [];
          const expected = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
          expect({ at, offset: offsetAt(zone, at) + 0 }).toEqual({ at, offset: expected + 0 });
        }
      }
    }
  });

  test('are written with their offset', () => {
    const at = Date.UTC(2026, 6, 1, 12, 30, 5, 7);
    expect(isoAt(at, { minutes: 60, summer: 'eu' })).toBe('2026-07-01T14:30:05.007+02:00');
    expect(isoAt(at, { minutes: -300, summer: 'us' })).toBe('2026-07-01T08:30:05.007-04:00');
    expect(isoAt(at, { minutes: 330, summer: 'none' })).toBe('2026-07-01T18:00:05.007+05:30');
    expect(isoAt(at, { minutes: 0, summer: 'none' })).toBe('2026-07-01T12:30:05.007Z');
  });
});

describe('names', () => {
  test('fourteen locales, a few dozen each, all fit for an address', () => {
    expect(Object.keys(NAMES)).toHaveLength(14);
    for (const [locale, { given, family }] of Object.entries(NAMES)) {
      expect(given.length).toBeGreaterThan(50);
      expect(family.length).toBeGreaterThan(50);
      expect(new Set(family).size).toBe(family.length);
      const written = [...given, ...family].map((name) => plain(name, locale as Locale));
      expect(written.filter((name) => !/^[a-z]{2,}$/.test(name))).toEqual([]);
    }
  });

  test('are written as people of the country do', () => {
    expect(plain('Müller', 'de')).toBe('mueller');
    expect(plain('Öztürk', 'tr')).toBe('ozturk');
    expect(plain('Işık', 'tr')).toBe('isik');
    expect(plain('Wójcik', 'pl')).toBe('wojcik');
    expect(plain('Małek', 'pl')).toBe('malek');
    expect(plain('van den Berg', 'nl')).toBe('vandenberg');
    expect(plain("D'Angelo", 'it')).toBe('dangelo');
    expect(plain('Léa', 'fr')).toBe('lea');
  });
});

test('a thousand variants of one mailbox are all different and keep their domain', () => {
  const emails = new Emails();
  const random = new Random(4);
  const variants = Array.from({ length: 1000 }, () => emails.variant(random, 'anna.mueller@gmail.com'));
  expect(new Set(variants).size).toBe(1000);
  expect(variants.filter((email) => !/^[a-z.]+(\+[a-z]*)?\d*@gmail\.com$/.test(email))).toEqual([]);
});

test('clusters add up to what was asked for', () => {
  const random = new Random(8);
  for (const count of [0, 1, 5, 77, 1000]) {
    const sizes = clusters(random, count, 3, 9);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
    expect(sizes.slice(0, -1).every((size) => size >= 3 && size <= 9)).toBe(true);
  }
});
