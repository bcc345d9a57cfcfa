import { expect } from 'vitest';
import { load, scenario, score } from '../../support/scenario.ts';
import {
  pair,
  pattern,
  patternSwitched,
  referee,
  referrer,
  seen,
  type ScenarioEvent,
} from '../../support/scenario-events.ts';
import {
  bonuses,
  heldMedium,
  HELD_CRITICAL,
  HELD_HIGH,
  item,
  raeBlocked,
  raeHeld,
  raePaid,
  raeQueued,
  scored,
} from '../../support/scenario-rows.ts';

const HOME = '192.0.2.1';

/** Makes any sum: Rae's device is blocked with so many points. */
function extra(points: number): ScenarioEvent {
  return pattern('device_pattern', 'phone of rae', points);
}

const EXTRA = 'pattern:phone of rae';

const sameAddress = [...pair({ ip: HOME }), seen('rob', '-1d', { ip: HOME })];

const sameAddressAndDevice = [
  ...referrer(),
  ...referee('rae', 'ROB', '0', { ip: HOME, ipType: 'vpn' }),
  seen('rob', '-1d', { ip: HOME, device: 'phone of rae' }),
];

scenario(
  '29 points are low: paid at once',
  [load([...pair({ ipType: 'vpn' }), extra(9)]), score()],
  raePaid(29, ['vpn_proxy', EXTRA]),
);

scenario(
  '30 points are medium: held for 48 hours',
  [load([...pair({ ipType: 'vpn' }), extra(10)]), score()],
  raeHeld(30, ['vpn_proxy', EXTRA]),
);

scenario('59 points are still medium', [load([...sameAddress, extra(29)]), score()], raeHeld(59, ['same_ip', EXTRA]));

scenario(
  '60 points are high: held for an analyst',
  [load([...sameAddress, extra(30)]), score()],
  raeQueued(60, ['same_ip', EXTRA]),
);

scenario('89 points are still high', [load([...sameAddress, extra(59)]), score()], raeQueued(89, ['same_ip', EXTRA]));

scenario(
  '90 points are critical: blocked and flagged',
  [load([...sameAddress, extra(60)]), score()],
  raeBlocked(90, ['same_ip', EXTRA]),
);

scenario(
  'a score is not capped at 100',
  [load([...sameAddressAndDevice, extra(40)]), score()],
  raeBlocked(140, ['same_device', 'same_ip', 'vpn_proxy', EXTRA]),
);

scenario('until it is scored a bonus is pending', [load(pair())], {
  referrals: { rae: scored(0) },
  bonuses: bonuses('pending'),
  queue: [],
});

scenario(
  'a rise within the medium band does not prolong the hold',
  [
    load(sameAddress, { now: '+1d' }),
    score('+1d'),
    load([pattern('email_domain', '/^rae@/', 20, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(50, ['same_ip', 'pattern:/^rae@/']) },
    bonuses: bonuses(heldMedium('+1d')),
    queue: [],
  },
);

scenario(
  'a rise from medium to high ends the 48 hours and opens an item',
  [
    load(sameAddress, { now: '+1d' }),
    score('+1d'),
    load([pattern('email_domain', '/^rae@/', 30, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(60, ['same_ip', 'pattern:/^rae@/']) },
    bonuses: bonuses(HELD_HIGH),
    queue: [item('rae', 60, 'high', ['same_ip', 'pattern:/^rae@/'])],
  },
);

scenario(
  'a rise from high to critical raises the same item and flags the referral',
  [
    load([...sameAddress, extra(30)], { now: '+1d' }),
    score('+1d'),
    load([pattern('email_domain', '/^rae@/', 30, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(90, ['same_ip', EXTRA, 'pattern:/^rae@/'], { flagged: true }) },
    bonuses: bonuses(HELD_CRITICAL),
    queue: [item('rae', 90, 'critical', ['same_ip', EXTRA, 'pattern:/^rae@/'])],
  },
);

scenario(
  'a rise from low to high leaves what is paid with its owners and opens an item',
  [
    load(pair(), { now: '+1d' }),
    score('+1d'),
    load([pattern('email_domain', '/^rae@/', 60, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(60, ['pattern:/^rae@/']) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 60, 'high', ['pattern:/^rae@/'])],
  },
);

scenario(
  'a falling score neither pays nor closes: the item and the hold stay',
  [
    load([...sameAddress, pattern('email_domain', '/^rae@/', 30)], { now: '+1d' }),
    score('+1d'),
    load([patternSwitched('email_domain', '/^rae@/', false, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(30, ['same_ip']) },
    bonuses: bonuses(HELD_HIGH),
    queue: [expect.stringMatching(/^rae \d+ high pending: /)],
  },
);

scenario(
  'a falling score does not unflag what was blocked',
  [
    load([...sameAddress, extra(60)], { now: '+1d' }),
    score('+1d'),
    load([patternSwitched('device_pattern', 'phone of rae', false, '+1d1h')], { now: '+2d' }),
    score('+2d'),
  ],
  {
    referrals: { rae: scored(30, ['same_ip'], { flagged: true }) },
    bonuses: bonuses(HELD_CRITICAL),
    queue: [expect.stringMatching(/^rae \d+ critical pending: /)],
  },
);
