import { load, scenario, score, type Step } from '../../support/scenario.ts';
import { code, crowd, minutes, referee, referrer, user } from '../../support/scenario-events.ts';
import { bonuses, heldMedium, raePaid, scored } from '../../support/scenario-rows.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';

/** Rae first and Ray so much later, both with nothing else against them. */
function twoRegistrations(apart: string, codeOfRay = 'ROB'): readonly Step[] {
  const robs = [...referrer(), code('ROB-TWO', 'rob', '-40d')];
  return [load([...robs, ...referee('rae'), ...referee('ray', codeOfRay, apart)]), score()];
}

function rayScores(points: number, signals: readonly string[]): Outcome {
  return {
    referrals: { rae: scored(0), ray: scored(points, signals) },
    bonuses: [...bonuses('paid', 'rae'), ...bonuses('paid', 'ray')],
    queue: [],
  };
}

scenario(
  'a registration 4 min 59.999 s after the last one of the same referrer is rapid, and paid',
  twoRegistrations('+4m59.999s'),
  rayScores(15, ['rapid_registration']),
);

scenario('a registration exactly 5 min after the last one is not rapid', twoRegistrations('+5m'), rayScores(0, []));

scenario(
  'another code of the same referrer makes a quick registration no less rapid',
  twoRegistrations('+1m', 'ROB-TWO'),
  rayScores(15, ['rapid_registration']),
);

scenario(
  'a quick registration with the code of another referrer is not rapid',
  [load([...referrer(), ...referrer('sue', 'SUE'), ...referee('rae'), ...referee('ray', 'SUE', '+1m')]), score()],
  {
    referrals: { rae: scored(0), ray: scored(0) },
    bonuses: [...bonuses('paid', 'rae'), ...bonuses('paid', 'ray', ['registered'], 'sue')],
    queue: [],
  },
);

scenario(
  'a refused registration in between makes the next one not rapid',
  [
    load([
      ...referrer(),
      ...referrer('sue', 'SUE'),
      ...referee('rae', 'SUE', '-1d'),
      { ...referee('rae', 'ROB', '-1m')[1]!, id: 'rae again' },
      ...referee('ray'),
    ]),
    score(),
  ],
  {
    referrals: { rae: scored(0), ray: scored(0) },
    bonuses: [...bonuses('paid', 'rae', ['registered'], 'sue'), ...bonuses('paid', 'ray')],
    queue: [],
    imports: [{ refused: { already_referred: 1 }, duplicates: 0, rejected: [] }],
  },
);

scenario(
  'a registration 4 min 59.999 s after the code was made is rapid',
  [load([user('rob', '-60d'), code('ROB', 'rob', '-4m59.999s'), ...referee('rae')]), score()],
  raePaid(15, ['rapid_registration']),
);

scenario(
  'a registration exactly 5 min after the code was made is not rapid',
  [load([user('rob', '-60d'), code('ROB', 'rob', '-5m'), ...referee('rae')]), score()],
  raePaid(),
);

scenario(
  'a referrer one millisecond short of 7 days is new, and paid',
  [load([user('rob', '-6d23h59m59.999s'), code('ROB', 'rob', '-1d'), ...referee('rae')]), score()],
  raePaid(15, ['new_account_referrer']),
);

scenario(
  'a referrer of exactly 7 days is not new',
  [load([user('rob', '-7d'), code('ROB', 'rob', '-1d'), ...referee('rae')]), score()],
  raePaid(),
);

/** Referrals of Rob at these distances from the start, told in the names of `crowd()`. */
function burst(offsets: readonly string[]): readonly Step[] {
  const names = crowd(offsets.length);
  return [
    load([...referrer(), ...names.flatMap((name, index) => referee(name, 'ROB', offsets[index] ?? '0'))]),
    score(),
  ];
}

function allOf(count: number, points: number, signals: readonly string[], state: string): Outcome {
  const names = crowd(count);
  return {
    referrals: Object.fromEntries(names.map((name) => [name, scored(points, signals)])),
    bonuses: names.flatMap((name) => bonuses(state, name)),
    queue: [],
  };
}

scenario(
  'five registrations within 59 min 59.999 s are a burst: each of the five is held',
  burst(['0', '+14m', '+28m', '+42m', '+59m59.999s']),
  allOf(5, 40, ['bulk_registrations'], heldMedium()),
);

scenario(
  'a burst is one of the referrer, whatever codes it came through',
  [
    load([
      ...referrer(),
      code('ROB-TWO', 'rob', '-40d'),
      ...crowd(5).flatMap((name, index) => referee(name, index % 2 === 0 ? 'ROB' : 'ROB-TWO', minutes(index * 14))),
    ]),
    score(),
  ],
  allOf(5, 40, ['bulk_registrations'], heldMedium()),
);

scenario(
  'five registrations with the fifth at exactly 60 min are no burst',
  burst(['0', '+14m', '+28m', '+42m', '+60m']),
  allOf(5, 0, [], 'paid'),
);

scenario('four registrations are no burst', burst(['0', '+14m', '+28m', '+42m']), allOf(4, 0, [], 'paid'));

scenario(
  'six registrations in 70 min are one burst when any five of them in a row are',
  burst([0, 14, 28, 42, 56, 70].map(minutes)),
  allOf(6, 40, ['bulk_registrations'], heldMedium()),
);

scenario(
  'a burst says nothing about a registration that lies outside it',
  burst(['0', '+2h', '+2h14m', '+2h28m', '+2h42m', '+2h56m']),
  {
    referrals: {
      kaa: scored(0),
      ...Object.fromEntries(
        ['kab', 'kac', 'kad', 'kae', 'kaf'].map((name) => [name, scored(40, ['bulk_registrations'])]),
      ),
    },
    bonuses: [
      ...bonuses('paid', 'kaa'),
      ...['kab', 'kac', 'kad', 'kae', 'kaf'].flatMap((name) => bonuses(heldMedium(), name)),
    ],
    queue: [],
  },
);

scenario(
  'the fifth registration makes a burst of the four that were scored and paid before it',
  [
    load([...referrer(), ...crowd(4).flatMap((name, index) => referee(name, 'ROB', minutes(index * 14)))]),
    score('+2d'),
    load(referee('kae', 'ROB', '+56m')),
    score('+3d'),
  ],
  {
    referrals: Object.fromEntries(crowd(5).map((name) => [name, scored(40, ['bulk_registrations'])])),
    bonuses: [...crowd(4).flatMap((name) => bonuses('paid', name)), ...bonuses(heldMedium('+3d'), 'kae')],
    queue: [],
  },
);
