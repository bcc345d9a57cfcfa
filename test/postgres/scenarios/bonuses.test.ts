import { load, scenario, score } from '../../support/scenario.ts';
import {
  bought,
  crowd,
  pair,
  referee,
  referrer,
  seen,
  used,
  type ScenarioEvent,
} from '../../support/scenario-events.ts';
import { bonus, bonuses, heldMedium, raeHeld, scored } from '../../support/scenario-rows.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';

const ALL = ['registered', 'activated', 'qualified'] as const;

const raeComplete = [used('rae', '+1h'), bought('rae', '+30h')];

scenario(
  'a clean referral pays 5, 10 and 25 to the referrer and 25 to the referee, each as one movement of the ledger',
  [load([...pair(), ...raeComplete]), score()],
  {
    referrals: { rae: scored(0, [], { stage: 'qualified' }) },
    bonuses: bonuses('paid', 'rae', ALL),
    queue: [],
    ledger: {
      rae: ['bonus 25 completed'],
      rob: ['bonus 5 completed', 'bonus 10 completed', 'bonus 25 completed'],
    },
  },
);

scenario(
  'nothing of a held referral moves any credits',
  [load([...pair({ ip: '192.0.2.1' }), seen('rob', '-1d', { ip: '192.0.2.1' })]), score()],
  { ...raeHeld(30, ['same_ip']), ledger: {} },
);

/** Hours from the start, for a whole number of them. */
function hours(count: number): string {
  return `${count < 0 ? '-' : '+'}${Math.abs(count)}h`;
}

/**
 * So many earlier referrals of Rob that all register first (two hours apart), then are activated, then qualify one by one a
 * week before Rae; so the n-th of them qualifies when n − 1 others have.
 */
function history(count: number): readonly ScenarioEvent[] {
  return crowd(count).flatMap((name, index) => [
    ...referee(name, 'ROB', hours(-14 * 24 + 2 * index)),
    used(name, hours(-10 * 24 + index)),
    bought(name, hours(-7 * 24 + index)),
  ]);
}

/** Their bonuses by hand: all bronze, but the qualifications from the sixth on silver (38) and from the 16th on gold (50). */
function historyBonuses(count: number): readonly string[] {
  return crowd(count).flatMap((name, index) => [
    ...bonuses('paid', name, ['registered', 'activated']),
    bonus(name, 'qualified', 'rob', index < 5 ? 25 : index < 15 ? 38 : 50, 'paid'),
  ]);
}

function raeAfter(count: number, raeBonuses: readonly string[]): Outcome {
  const qualified = scored(0, [], { stage: 'qualified' });
  return {
    referrals: Object.fromEntries([...crowd(count), 'rae'].map((name) => [name, qualified])),
    bonuses: [...historyBonuses(count), ...raeBonuses],
    queue: [],
  };
}

scenario(
  'with four qualified referrals the referrer is still bronze',
  [load([...referrer(), ...history(4), ...referee('rae'), ...raeComplete]), score()],
  raeAfter(4, bonuses('paid', 'rae', ALL)),
);

scenario(
  'with five the referrer is silver: 7.5 is paid as 8, 37.5 as 38, and the referee gets 25 as ever',
  [load([...referrer(), ...history(5), ...referee('rae'), ...raeComplete]), score()],
  raeAfter(5, [
    'rae registered: rob 8 paid',
    'rae registered: rae 25 paid',
    'rae activated: rob 15 paid',
    'rae qualified: rob 38 paid',
  ]),
);

scenario(
  'with fifteen the referrer is gold and gets twice the base',
  [load([...referrer(), ...history(15), ...referee('rae'), ...raeComplete]), score()],
  raeAfter(15, [
    'rae registered: rob 10 paid',
    'rae registered: rae 25 paid',
    'rae activated: rob 20 paid',
    'rae qualified: rob 50 paid',
  ]),
);

scenario(
  'with thirty the referrer is platinum and gets three times the base',
  [load([...referrer(), ...history(30), ...referee('rae'), ...raeComplete]), score()],
  raeAfter(30, [
    'rae registered: rob 15 paid',
    'rae registered: rae 25 paid',
    'rae activated: rob 30 paid',
    'rae qualified: rob 75 paid',
  ]),
);

scenario(
  'the fifth qualification counts for the bonus after it and not for its own',
  [
    load([
      ...referrer(),
      ...history(4),
      ...referee('rae', 'ROB', '0'),
      ...raeComplete,
      ...referee('ray', 'ROB', '+29h'),
      used('ray', '+31h'),
    ]),
    score(),
  ],
  {
    referrals: {
      ...raeAfter(4, []).referrals,
      ray: scored(0, [], { stage: 'activated' }),
    },
    bonuses: [
      ...historyBonuses(4),
      ...bonuses('paid', 'rae', ALL),
      ...bonuses('paid', 'ray', ['registered']),
      bonus('ray', 'activated', 'rob', 15, 'paid'),
    ],
    queue: [],
  },
);

scenario(
  'a tier that late facts raise counts while the bonus is unpaid',
  [
    load([...referrer(), ...history(4), ...referee('kva', 'ROB', '-8d'), used('kva', '-7d12h'), ...referee('rae')]),
    load([bought('kva', '-5d')]),
    score(),
  ],
  {
    referrals: {
      ...raeAfter(4, []).referrals,
      kva: scored(0, [], { stage: 'qualified' }),
      rae: scored(0),
    },
    bonuses: [
      ...historyBonuses(4),
      ...bonuses('paid', 'kva', ALL),
      bonus('rae', 'registered', 'rob', 8, 'paid'),
      bonus('rae', 'registered', 'rae', 25, 'paid'),
    ],
    queue: [],
  },
);

scenario(
  'a tier that late facts raise leaves what is paid as it was paid',
  [
    load([...referrer(), ...history(4), ...referee('kva', 'ROB', '-8d'), used('kva', '-7d12h'), ...referee('rae')]),
    score(),
    load([bought('kva', '-5d')]),
    score(),
  ],
  {
    referrals: {
      ...raeAfter(4, []).referrals,
      kva: scored(0, [], { stage: 'qualified' }),
      rae: scored(0),
    },
    bonuses: [...historyBonuses(4), ...bonuses('paid', 'kva', ALL), ...bonuses('paid', 'rae')],
    queue: [],
  },
);

scenario(
  'a medium referral holds the bonus of every stage, the one of the referee included',
  [load([...pair({ ip: '192.0.2.1' }), seen('rob', '-1d', { ip: '192.0.2.1' }), ...raeComplete]), score()],
  {
    referrals: { rae: scored(30, ['same_ip'], { stage: 'qualified' }) },
    bonuses: bonuses(heldMedium(), 'rae', ALL),
    queue: [],
  },
);
