import { load, scenario, score } from '../../support/scenario.ts';
import { pair, pairWithEmails, pattern, patternSwitched, type ScenarioEvent } from '../../support/scenario-events.ts';
import { raeHeld, raePaid } from '../../support/scenario-rows.ts';

type Kind = 'email_domain' | 'ip_range' | 'device_pattern';

/** Ten points, so that a match is paid and shows by its name alone. */
const POINTS = 10;

function matched(value: string): ReturnType<typeof raePaid> {
  return raePaid(POINTS, [`pattern:${value}`]);
}

/** A pattern made long before the registration, in the same import. */
function known(name: string, kind: Kind, value: string, events: readonly ScenarioEvent[], matches: boolean): void {
  scenario(name, [load([...events, pattern(kind, value, POINTS)]), score()], matches ? matched(value) : raePaid());
}

/** A pattern made a day after the registration was scored and paid. */
function later(name: string, kind: Kind, value: string, events: readonly ScenarioEvent[], matches: boolean): void {
  const steps = [
    load(events, { now: '+1h' }),
    score('+1h'),
    load([pattern(kind, value, POINTS, '+1d')], { now: '+1d' }),
    score('+1d'),
  ];
  scenario(name, steps, matches ? matched(value) : raePaid());
}

const withEmail = (email: string) => pairWithEmails('rob@gmail.com', email);

known('a blocked mail domain matches', 'email_domain', 'quarry.example', withEmail('rae@quarry.example'), true);
known('and so do its sub-domains', 'email_domain', 'quarry.example', withEmail('rae@mx.quarry.example'), true);
known(
  'but not a domain that only ends like it',
  'email_domain',
  'quarry.example',
  withEmail('rae@notquarry.example'),
  false,
);
known(
  'a regular expression is held against the whole address',
  'email_domain',
  '/^promo[0-9]+@gmail/',
  withEmail('promo17@gmail.com'),
  true,
);
known(
  'and does not match what it does not describe',
  'email_domain',
  '/^promo[0-9]+@gmail/',
  withEmail('promo@gmail.com'),
  false,
);
later(
  'a mail domain blocked afterwards matches history',
  'email_domain',
  'quarry.example',
  withEmail('rae@quarry.example'),
  true,
);
later(
  'a mail expression made afterwards matches history',
  'email_domain',
  '/quarry/',
  withEmail('rae@quarry.example'),
  true,
);

const V4 = pair({ ip: '198.51.100.77' });
const V6 = pair({ ip: '2001:db8:aa:bb::7' });

known('an IPv4 range of a length that is not kept matches what comes after it', 'ip_range', '198.51.96.0/20', V4, true);
known('and not an address outside of it', 'ip_range', '198.51.112.0/20', V4, false);
later('an IPv4 range of a length that is not kept leaves history alone', 'ip_range', '198.51.96.0/20', V4, false);
later('an IPv4 /24 blocked afterwards matches history', 'ip_range', '198.51.100.0/24', V4, true);
later('an IPv4 /16 blocked afterwards matches history', 'ip_range', '198.51.0.0/16', V4, true);
later('a single IPv4 address blocked afterwards matches history', 'ip_range', '198.51.100.77', V4, true);
known(
  'an IPv6 range of a length that is not kept matches what comes after it',
  'ip_range',
  '2001:db8:aa::/56',
  V6,
  true,
);
known('and not an IPv6 address outside of it', 'ip_range', '2001:db8:aa:100::/56', V6, false);
later('an IPv6 range of a length that is not kept leaves history alone', 'ip_range', '2001:db8:aa::/56', V6, false);
later('an IPv6 /64 blocked afterwards matches history', 'ip_range', '2001:db8:aa:bb::/64', V6, true);
later('an IPv6 /48 blocked afterwards matches history', 'ip_range', '2001:db8:aa::/48', V6, true);
later('an IPv6 /32 blocked afterwards matches history', 'ip_range', '2001:DB8::/32', V6, true);
known('an IPv6 address is blocked in any form of writing', 'ip_range', '2001:0DB8:00AA:00BB:0:0:0:7', V6, true);
known(
  'an IPv4 range matches an address that came mapped into IPv6',
  'ip_range',
  '198.51.96.0/20',
  pair({ ip: '::ffff:198.51.100.77' }),
  true,
);

const ON_TABLET = pair({ device: 'tablet-1', userAgent: 'HeadlessBot/4.2 (Linux)' });

known('a blocked device matches', 'device_pattern', 'tablet-1', ON_TABLET, true);
known('and not a device that only begins like it', 'device_pattern', 'tablet', ON_TABLET, false);
later('a device blocked afterwards matches history', 'device_pattern', 'tablet-1', ON_TABLET, true);
known(
  'an expression over the user agent matches what comes after it',
  'device_pattern',
  '/^HeadlessBot/',
  ON_TABLET,
  true,
);
later('an expression over the user agent leaves history alone', 'device_pattern', '/^HeadlessBot/', ON_TABLET, false);

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
