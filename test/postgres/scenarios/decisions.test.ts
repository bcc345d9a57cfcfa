import { decide, decideAgain, load, scenario, score, undo } from '../../support/scenario.ts';
import { bought, crowd, pair, pattern, referee, referrer, seen, used } from '../../support/scenario-events.ts';
import { bonus, bonuses, HELD_HIGH, item, scored } from '../../support/scenario-rows.ts';

const HOME = '192.0.2.1';
const BOTH = ['same_device', 'same_ip'];

/** 80 points, high. */
const high = [...pair({ ip: HOME, device: 'tablet' }), seen('rob', '-1d', { ip: HOME, device: 'tablet' })];
/** 140 points, critical. */
const critical = [...high, pattern('device_pattern', 'tablet', 60)];

const rulesLater = (points: number) => load([pattern('email_domain', '/^rae@/', points, '+2d')], { now: '+2d' });
const LATER = 'pattern:/^rae@/';

scenario(
  'approving pays what was held, to both, and closes the item',
  [load(high), score(), decide('rae', 'approve', 'household')],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 80, 'high', BOTH, 'approved')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);

scenario(
  'approving what was blocked clears its flag',
  [load(critical), score(), decide('rae', 'approve', 'known_customer')],
  {
    referrals: { rae: scored(140, [...BOTH, 'pattern:tablet']) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 140, 'critical', [...BOTH, 'pattern:tablet'], 'approved')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);

scenario(
  'rejecting rejects what was held, flags the referral and moves no credits',
  [load(high), score(), decide('rae', 'reject', 'self_referral')],
  {
    referrals: { rae: scored(80, BOTH, { flagged: true }) },
    bonuses: bonuses('rejected'),
    queue: [item('rae', 80, 'high', BOTH, 'rejected')],
    ledger: {},
  },
);

scenario(
  'rejecting takes back in full what was paid within the last 7 days',
  [load(pair()), score('+1d'), rulesLater(60), score('+2d'), decide('rae', 'reject', 'self_referral', '+7d23h')],
  {
    referrals: { rae: scored(60, [LATER], { flagged: true }) },
    bonuses: bonuses('rejected'),
    queue: [item('rae', 60, 'high', [LATER], 'rejected')],
    ledger: {
      rae: ['bonus 25 completed', 'adjustment -25 completed'],
      rob: ['bonus 5 completed', 'adjustment -5 completed'],
    },
  },
);

scenario(
  'rejecting leaves what was paid more than 7 days ago',
  [load(pair()), score('+1d'), rulesLater(60), score('+2d'), decide('rae', 'reject', 'self_referral', '+8d1h')],
  {
    referrals: { rae: scored(60, [LATER], { flagged: true }) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 60, 'high', [LATER], 'rejected')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);

scenario(
  'escalating hands the item on and pays nothing',
  [load(high), score(), decide('rae', 'escalate', 'needs_lead')],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses(HELD_HIGH),
    queue: [item('rae', 80, 'high', BOTH, 'escalated')],
    ledger: {},
  },
);

scenario(
  'what was escalated can still be approved',
  [load(high), score(), decide('rae', 'escalate', 'needs_lead'), decide('rae', 'approve', 'household')],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 80, 'high', BOTH, 'approved')],
  },
);

scenario(
  'deciding the same once more changes nothing and is no failure',
  [load(high), score(), decide('rae', 'approve', 'household'), decideAgain('rae', 'approve', 'household', 0)],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 80, 'high', BOTH, 'approved')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);

scenario(
  'deciding otherwise what is decided fails, and the first decision stands',
  [load(high), score(), decide('rae', 'approve', 'household'), decideAgain('rae', 'reject', 'self_referral', 1)],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 80, 'high', BOTH, 'approved')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);

scenario(
  'an approval covers the bonuses that follow in the same band',
  [
    load(high),
    score('+1d'),
    decide('rae', 'approve', 'household', '+1d'),
    load([used('rae', '+1h'), bought('rae', '+30h')]),
    score(),
  ],
  {
    referrals: { rae: scored(80, BOTH, { stage: 'qualified' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated', 'qualified']),
    queue: [item('rae', 80, 'high', BOTH, 'approved')],
  },
);

scenario(
  'a higher band than the one approved holds what is unpaid and opens a new item',
  [
    load(high),
    score('+1d'),
    decide('rae', 'approve', 'household', '+1d'),
    rulesLater(10),
    load([used('rae', '+1h')]),
    score(),
  ],
  {
    referrals: { rae: scored(90, [...BOTH, LATER], { stage: 'activated', flagged: true }) },
    bonuses: [...bonuses('paid'), bonus('rae', 'activated', 'rob', 10, 'held fraud_critical')],
    queue: [item('rae', 80, 'high', BOTH, 'approved'), item('rae', 90, 'critical', [...BOTH, LATER])],
  },
);

scenario(
  'after a rejection the bonuses that follow are rejected too',
  [
    load(high),
    score('+1d'),
    decide('rae', 'reject', 'account_farm', '+1d'),
    load([used('rae', '+1h'), bought('rae', '+30h')]),
    score(),
  ],
  {
    referrals: { rae: scored(80, BOTH, { stage: 'qualified', flagged: true }) },
    bonuses: bonuses('rejected', 'rae', ['registered', 'activated', 'qualified']),
    queue: [item('rae', 80, 'high', BOTH, 'rejected')],
    ledger: {},
  },
);

/** Five qualified referrals of Rob, the first of them on a blocked device. */
const five = crowd(5);
const fiveQualified = [
  ...referrer(),
  pattern('device_pattern', 'phone of kaa', 60),
  ...five.flatMap((name, index) => [
    ...referee(name, 'ROB', `-${200 - index * 2}h`),
    used(name, `-${150 - index}h`),
    bought(name, `-${100 - index}h`),
  ]),
];
const ALL = ['registered', 'activated', 'qualified'] as const;

scenario(
  'a rejected referral no longer counts for the tier',
  [
    load(fiveQualified),
    score('+1h'),
    decide('kaa', 'reject', 'account_farm', '+1h'),
    load(referee('rae', 'ROB', '+2h')),
    score(),
  ],
  {
    referrals: {
      kaa: scored(60, ['pattern:phone of kaa'], { stage: 'qualified', flagged: true }),
      ...Object.fromEntries(['kab', 'kac', 'kad', 'kae'].map((name) => [name, scored(0, [], { stage: 'qualified' })])),
      rae: scored(0),
    },
    bonuses: [
      ...bonuses('rejected', 'kaa', ALL),
      ...['kab', 'kac', 'kad', 'kae'].flatMap((name) => bonuses('paid', name, ALL)),
      ...bonuses('paid', 'rae'),
    ],
    queue: [item('kaa', 60, 'high', ['pattern:phone of kaa'], 'rejected')],
  },
);

scenario(
  'an approval that is taken back is held again, by ledger rows of its own',
  [load(high), score(), decide('rae', 'approve', 'household'), undo('rae', 'nina'), score()],
  {
    referrals: { rae: scored(80, BOTH) },
    bonuses: bonuses(HELD_HIGH),
    queue: [item('rae', 80, 'high', BOTH, 'pending')],
    ledger: {
      rae: ['adjustment -25 completed', 'bonus 25 completed'],
      rob: ['adjustment -5 completed', 'bonus 5 completed'],
    },
  },
);

scenario(
  'what was decided once more after it was taken back stands',
  [
    load(critical),
    score(),
    decide('rae', 'reject', 'self_referral'),
    undo('rae', 'nina', '+10d'),
    undo('rae', 'nina', '+10d'),
    decide('rae', 'approve', 'known_customer', '+11d'),
    score('+12d'),
  ],
  {
    referrals: { rae: scored(140, [...BOTH, 'pattern:tablet']) },
    bonuses: bonuses('paid'),
    queue: [item('rae', 140, 'critical', [...BOTH, 'pattern:tablet'], 'approved')],
    ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
  },
);
