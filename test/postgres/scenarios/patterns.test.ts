import { load, scenario, score, sideBySide, type Aside } from '../../support/scenario.ts';
import { couple, pair, pattern, patternSwitched, type ScenarioEvent } from '../../support/scenario-events.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';
import { bonuses, raeHeld, raePaid, scored } from '../../support/scenario-rows.ts';

type Kind = 'email_domain' | 'ip_range' | 'device_pattern';
type Visit =
  | { readonly email: string }
  | { readonly ip: string }
  | { readonly device: string; readonly userAgent: string };
type Case = readonly [name: string, kind: Kind, value: string, visit: Visit, matches: boolean];

/** Ten points, so that a match is paid and shows by its name alone. */
const POINTS = 10;

function matched(value: string): Outcome {
  return raePaid(POINTS, [`pattern:${value}`]);
}

function visitOf(nth: number, visit: Visit): readonly ScenarioEvent[] {
  return couple(nth, 'email' in visit ? { referee: visit.email } : { registration: visit });
}

/** Each case with an address, a mailbox or a device that no pattern of another case is about. */
function referralsOf(cases: readonly Case[], first: number): readonly ScenarioEvent[] {
  return cases.flatMap(([, , , visit], index) => visitOf(first + index, visit));
}

function patternsOf(cases: readonly Case[], offset: string): readonly ScenarioEvent[] {
  return cases.map(([, kind, value]) => pattern(kind, value, POINTS, offset));
}

function outcomesOf(cases: readonly Case[], first: number): readonly Aside[] {
  return cases.map(([name, , value, , matches], index) => ({
    name,
    refereeId: `rae${first + index}`,
    referral: matches ? scored(POINTS, [`pattern:${value}`]) : scored(0),
    bonuses: bonuses('paid', `rae${first + index}`, ['registered'], `rob${first + index}`),
  }));
}

/** Patterns made long before the registration, in the same import. */
const KNOWN: readonly Case[] = [
  ['a blocked mail domain matches', 'email_domain', 'quarry.example', { email: 'rae@quarry.example' }, true],
  ['and so do its sub-domains', 'email_domain', 'gravel.example', { email: 'rae@mx.gravel.example' }, true],
  [
    'but not a domain that only ends like it',
    'email_domain',
    'sand.example',
    { email: 'rae@quicksand.example' },
    false,
  ],
  [
    'a regular expression is held against the whole address',
    'email_domain',
    '/^promo[0-9]+@gmail/',
    { email: 'promo17@gmail.com' },
    true,
  ],
  [
    'and does not match what it does not describe',
    'email_domain',
    '/^offer[0-9]+@gmail/',
    { email: 'offer@gmail.com' },
    false,
  ],
  [
    'an IPv4 range of any length matches what comes after it',
    'ip_range',
    '198.51.96.0/20',
    { ip: '198.51.100.77' },
    true,
  ],
  ['and not an address outside of it', 'ip_range', '198.61.96.0/20', { ip: '198.61.112.0' }, false],
  [
    'an IPv6 range of any length matches what comes after it',
    'ip_range',
    '2001:db8:aa::/56',
    { ip: '2001:db8:aa:bb::7' },
    true,
  ],
  ['and not an IPv6 address outside of it', 'ip_range', '2001:db8:cc::/56', { ip: '2001:db8:cc:100::7' }, false],
  [
    'an IPv6 address is blocked in any form of writing',
    'ip_range',
    '2001:0DB8:00DD:00BB:0:0:0:7',
    { ip: '2001:db8:dd:bb::7' },
    true,
  ],
  [
    'an IPv4 range matches an address that came mapped into IPv6',
    'ip_range',
    '198.71.96.0/20',
    { ip: '::ffff:198.71.100.77' },
    true,
  ],
  ['a blocked device matches', 'device_pattern', 'tablet-1', { device: 'tablet-1', userAgent: 'Safari' }, true],
  [
    'and not a device that only begins like it',
    'device_pattern',
    'laptop',
    { device: 'laptop-1', userAgent: 'Safari' },
    false,
  ],
  [
    'an expression over the user agent matches what comes after it',
    'device_pattern',
    '/^HeadlessBot/',
    { device: 'phone-1', userAgent: 'HeadlessBot/4.2 (Linux)' },
    true,
  ],
];

sideBySide([load([...referralsOf(KNOWN, 0), ...patternsOf(KNOWN, '-40d')]), score()], outcomesOf(KNOWN, 0));

/** Patterns made a day after the registration was scored and paid. */
const LATER: readonly Case[] = [
  [
    'a mail domain blocked afterwards matches history',
    'email_domain',
    'quarry.example',
    { email: 'rae@quarry.example' },
    true,
  ],
  [
    'a mail expression made afterwards matches history',
    'email_domain',
    '/gravel/',
    { email: 'rae@gravel.example' },
    true,
  ],
  ['an IPv4 /20 blocked afterwards leaves history alone', 'ip_range', '198.51.96.0/20', { ip: '198.51.100.77' }, false],
  ['an IPv4 /24 blocked afterwards matches history', 'ip_range', '198.61.100.0/24', { ip: '198.61.100.77' }, true],
  ['an IPv4 /16 blocked afterwards matches history', 'ip_range', '198.71.0.0/16', { ip: '198.71.100.77' }, true],
  ['an IPv4 address blocked afterwards matches history', 'ip_range', '198.81.100.77', { ip: '198.81.100.77' }, true],
  [
    'an IPv6 /56 blocked afterwards leaves history alone',
    'ip_range',
    '2001:db8:aa::/56',
    { ip: '2001:db8:aa:bb::7' },
    false,
  ],
  [
    'an IPv6 /64 blocked afterwards matches history',
    'ip_range',
    '2001:db8:bb:bb::/64',
    { ip: '2001:db8:bb:bb::7' },
    true,
  ],
  ['an IPv6 /48 blocked afterwards matches history', 'ip_range', '2001:db8:cc::/48', { ip: '2001:db8:cc:bb::7' }, true],
  ['an IPv6 /32 blocked afterwards matches history', 'ip_range', '2001:DC8::/32', { ip: '2001:dc8:dd:bb::7' }, true],
  [
    'a device blocked afterwards matches history',
    'device_pattern',
    'tablet-1',
    { device: 'tablet-1', userAgent: 'Safari' },
    true,
  ],
  [
    'an expression over the user agent made afterwards leaves history alone',
    'device_pattern',
    '/^HeadlessBot/',
    { device: 'phone-1', userAgent: 'HeadlessBot/4.2 (Linux)' },
    false,
  ],
];

sideBySide(
  [
    load(referralsOf(LATER, 50), { now: '+1h' }),
    score('+1h'),
    load(patternsOf(LATER, '+1d'), { now: '+1d' }),
    score('+1d'),
  ],
  outcomesOf(LATER, 50),
);

const V4 = pair({ ip: '198.51.100.77' });
const ON_TABLET = pair({ device: 'tablet-1' });

scenario(
  'within one import a range counts from its own time on: one made after the registration does not match',
  [load([pattern('ip_range', '198.51.96.0/20', POINTS, '+1m'), ...V4]), score()],
  raePaid(),
);

scenario(
  'a range that arrives after the registration does not match it, whatever time it tells',
  [load(V4), load([pattern('ip_range', '198.51.96.0/20', POINTS, '-40d')]), score()],
  raePaid(),
);

scenario(
  'a registration that arrives after the range is matched, whatever time it tells',
  [load([pattern('ip_range', '198.51.96.0/20', POINTS, '+1d')]), load(V4), score()],
  matched('198.51.96.0/20'),
);

scenario(
  'a pattern that is switched off does not match',
  [
    load([
      ...ON_TABLET,
      pattern('device_pattern', 'tablet-1', POINTS),
      patternSwitched('device_pattern', 'tablet-1', false, '-10d'),
    ]),
    score(),
  ],
  raePaid(),
);

scenario(
  'a pattern that is switched on again matches again',
  [
    load([
      ...ON_TABLET,
      pattern('device_pattern', 'tablet-1', POINTS),
      patternSwitched('device_pattern', 'tablet-1', false, '-10d'),
      patternSwitched('device_pattern', 'tablet-1', true, '-5d'),
    ]),
    score(),
  ],
  matched('tablet-1'),
);

scenario(
  'two patterns add their points, each once',
  [load([...ON_TABLET, pattern('device_pattern', 'tablet-1', 11), pattern('ip_range', '100.114.0.0/16', 22)]), score()],
  raeHeld(33, ['pattern:tablet-1', 'pattern:100.114.0.0/16']),
);
