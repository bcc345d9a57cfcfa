import { load, scenario, score } from '../../support/scenario.ts';
import { bought, pair, referee, referrer, register, used, user, without } from '../../support/scenario-events.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';
import { bonuses, heldMedium, HELD_HIGH, item, raePaid, scored } from '../../support/scenario-rows.ts';

const ALL = ['registered', 'activated', 'qualified'] as const;

/** Rae qualified, in this state of all her bonuses. */
function raeQualified(points: number, signals: readonly string[], state: string): Outcome {
  return {
    referrals: { rae: scored(points, signals, { stage: 'qualified' }) },
    bonuses: bonuses(state, 'rae', ALL),
    queue: [],
  };
}

scenario(
  'VPN, proxy, Tor and datacenter addresses are 20 points each, residential and unknown ones none',
  [
    load([
      ...referrer(),
      ...referee('kvp', 'ROB', '0', { ipType: 'vpn' }),
      ...referee('kpr', 'ROB', '+2h', { ipType: 'proxy' }),
      ...referee('kto', 'ROB', '+4h', { ipType: 'tor' }),
      ...referee('kdc', 'ROB', '+6h', { ipType: 'datacenter' }),
      ...referee('kre', 'ROB', '+8h', { ipType: 'residential' }),
      ...referee('kun', 'ROB', '+10h', { ipType: 'unknown' }),
    ]),
    score(),
  ],
  {
    referrals: {
      kvp: scored(20, ['vpn_proxy']),
      kpr: scored(20, ['vpn_proxy']),
      kto: scored(20, ['vpn_proxy']),
      kdc: scored(20, ['vpn_proxy']),
      kre: scored(0),
      kun: scored(0),
    },
    bonuses: ['kvp', 'kpr', 'kto', 'kdc', 'kre', 'kun'].flatMap((name) => bonuses('paid', name)),
    queue: [],
  },
);

scenario(
  'a registration that does not tell the kind of its address is not vpn_proxy',
  [load([...referrer(), user('rae', '-1h'), without(register('rae', 'ROB'), 'ipType')]), score()],
  raePaid(),
);

scenario(
  'what is known of an address from another visit does not make a registration vpn_proxy',
  [
    load([
      ...referrer(),
      ...referee('rae', 'ROB', '0', { ip: '192.0.2.1', ipType: 'residential' }),
      ...referee('ray', 'ROB', '+2h', { ip: '192.0.2.1', ipType: 'vpn' }),
    ]),
    score(),
  ],
  {
    referrals: { rae: scored(0), ray: scored(20, ['vpn_proxy']) },
    bonuses: [...bonuses('paid', 'rae'), ...bonuses('paid', 'ray')],
    queue: [],
  },
);

scenario(
  'a purchase one millisecond short of 24 h after the registration is instant, and held',
  [load([...pair(), used('rae', '+1h'), bought('rae', '+23h59m59.999s')]), score()],
  raeQualified(35, ['instant_qualification'], heldMedium()),
);

scenario(
  'a purchase exactly 24 h after the registration is not instant: everything is paid',
  [load([...pair(), used('rae', '+1h'), bought('rae', '+24h')]), score()],
  raeQualified(0, [], 'paid'),
);

scenario(
  'a purchase without any usage before it is minimal activity, and paid',
  [load([...pair(), bought('rae', '+30h')]), score()],
  raeQualified(25, ['minimal_activity'], 'paid'),
);

scenario(
  'usage that begins after the purchase leaves the activity minimal',
  [load([...pair(), bought('rae', '+30h'), used('rae', '+30h0.001s')]), score()],
  raeQualified(25, ['minimal_activity'], 'paid'),
);

scenario(
  'usage at the very instant of the purchase is activity, whichever id is smaller',
  [load([...pair(), bought('rae', '+30h', { id: 'a' }), used('rae', '+30h', { id: 'b' })]), score()],
  raeQualified(0, [], 'paid'),
);

scenario(
  'usage at the very instant of the registration is activity',
  [load([...pair(), used('rae', '0'), bought('rae', '+30h')]), score()],
  raeQualified(0, [], 'paid'),
);

scenario('a referral that has not qualified is not judged by its activity', [load(pair()), score()], raePaid());

scenario(
  'an instant purchase without any usage is 60 points and goes to the queue',
  [load([...pair(), bought('rae', '+1h')]), score()],
  {
    ...raeQualified(60, ['instant_qualification', 'minimal_activity'], HELD_HIGH),
    queue: [item('rae', 60, 'high', ['instant_qualification', 'minimal_activity'])],
  },
);
