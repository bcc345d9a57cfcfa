import { expect } from 'vitest';
import { load, scenario, score } from '../../support/scenario.ts';
import {
  bought,
  code,
  crowd,
  minutes,
  pair,
  referee,
  referrer,
  register,
  seen,
  used,
  user,
} from '../../support/scenario-events.ts';
import type { ImportFacts } from '../../support/scenario-workbench.ts';
import { bonuses, heldMedium, raeHeld, raePaid, scored } from '../../support/scenario-rows.ts';

const HOME = '192.0.2.1';
const CLEAN: ImportFacts = { refused: {}, duplicates: 0, rejected: [] };

const wholeStory = [...pair({ ip: HOME }), seen('rob', '-1d', { ip: HOME }), used('rae', '+1h'), bought('rae', '+30h')];

const wholeStoryEnds = {
  referrals: { rae: scored(30, ['same_ip'], { stage: 'qualified' }) },
  bonuses: bonuses(heldMedium(), 'rae', ['registered', 'activated', 'qualified']),
  queue: [],
};

scenario('a file is a story in its own order', [load(wholeStory), score()], wholeStoryEnds);

scenario('the same story told backwards ends the same', [load([...wholeStory].reverse()), score()], {
  ...wholeStoryEnds,
  imports: [CLEAN],
});

scenario(
  'the same story told backwards, an event at a time, ends the same',
  [...[...wholeStory].reverse().map((event) => load([event])), score()],
  wholeStoryEnds,
);

scenario('an event that is told twice happened once', [load([...wholeStory, ...wholeStory.slice(2, 5)]), score()], {
  ...wholeStoryEnds,
  imports: [{ ...CLEAN, duplicates: 3 }],
});

scenario('the same file again changes nothing', [load(wholeStory), score(), load(wholeStory), score()], {
  ...wholeStoryEnds,
  imports: [CLEAN, { ...CLEAN, duplicates: wholeStory.length }],
});

scenario(
  'an id with other content is rejected and the first one stands',
  [load([...pair(), used('rae', '+1h', { id: 'x' })]), load([bought('rae', '+2h', { id: 'x' })]), score()],
  {
    referrals: { rae: scored(0, [], { stage: 'activated' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated']),
    queue: [],
    imports: [CLEAN, { ...CLEAN, rejected: [{ line: 1, reason: 'id_reused' }] }],
  },
);

scenario(
  'an id with other content is rejected within one file too',
  [load([...pair(), used('rae', '+1h', { id: 'x' }), used('rae', '+1h', { id: 'x', amount: 6 })]), score()],
  {
    referrals: { rae: scored(0, [], { stage: 'activated' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated']),
    queue: [],
    imports: [{ ...CLEAN, rejected: [{ line: 6, reason: 'id_reused' }] }],
  },
);

scenario(
  'a sighting that arrives late, before any scoring, counts as if it had come in time',
  [load(pair({ ip: HOME })), load([seen('rob', '-1d', { ip: HOME })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'a sighting that arrives after the payment holds what comes next and takes nothing back',
  [
    load(pair({ ip: HOME })),
    score('+1d'),
    load([seen('rob', '-1d', { ip: HOME })]),
    score('+2d'),
    load([used('rae', '+1h')]),
    score('+3d'),
  ],
  {
    referrals: { rae: scored(30, ['same_ip'], { stage: 'activated' }) },
    bonuses: [...bonuses('paid'), 'rae activated: rob 10 ' + heldMedium('+3d')],
    queue: [],
  },
);

scenario(
  'usage that arrives late takes minimal_activity back and leaves the hold',
  [load([...pair(), bought('rae', '+1h')]), score('+1d'), load([used('rae', '+10m')]), score('+2d')],
  {
    referrals: { rae: scored(35, ['instant_qualification'], { stage: 'qualified' }) },
    bonuses: bonuses('held fraud_high', 'rae', ['registered', 'activated', 'qualified']),
    queue: [expect.stringMatching(/^rae \d+ high pending: /)],
  },
);

scenario(
  'a registration waits for its code, which a later file brings',
  [load([user('rob', '-60d'), ...referee('rae')]), load([code('ROB', 'rob', '-50d')]), score()],
  { ...raePaid(), imports: [{ ...CLEAN, refused: { invalid_code: 1 } }, CLEAN] },
);

scenario(
  'a registration waits for its referee, whom a later file brings',
  [load([...referrer(), register('rae', 'ROB')]), load([user('rae', '-1h')]), score()],
  { ...raePaid(), imports: [{ ...CLEAN, refused: { unknown_user: 1 } }, CLEAN] },
);

scenario(
  'a registration is cured although a scoring run came in between',
  [load([user('rob', '-60d'), ...referee('rae')]), score('+1d'), load([code('ROB', 'rob', '-50d')]), score()],
  raePaid(),
);

scenario(
  'a contested referee goes to the earlier registration, though it arrived later',
  [
    load([...referrer('sue', 'SUE'), ...referee('rae', 'SUE', '+1h')]),
    load([...referrer(), register('rae', 'ROB', '0')]),
    score(),
  ],
  { ...raePaid(), referrers: { rae: 'rob' } },
);

scenario(
  'a contested referee stays with the one who was scored',
  [
    load([...referrer('sue', 'SUE'), ...referee('rae', 'SUE', '+1h')]),
    score(),
    load([...referrer(), register('rae', 'ROB', '0')]),
    score(),
  ],
  {
    referrals: { rae: scored(0) },
    bonuses: bonuses('paid', 'rae', ['registered'], 'sue'),
    queue: [],
    referrers: { rae: 'sue' },
    imports: [CLEAN, { ...CLEAN, refused: { already_referred: 1 } }],
  },
);

const single = [user('rob', '-60d'), code('ROB', 'rob', '-50d', { maxUses: 1 })];

scenario(
  'the last use of a code goes to the earlier registration, though it arrived later',
  [load([...single, ...referee('ray', 'ROB', '+1h')]), load(referee('rae')), score()],
  raePaid(),
);

scenario(
  'the last use of a code stays with the one who was scored',
  [load([...single, ...referee('ray', 'ROB', '+1h')]), score(), load(referee('rae')), score()],
  {
    referrals: { ray: scored(0) },
    bonuses: bonuses('paid', 'ray'),
    queue: [],
    imports: [CLEAN, { ...CLEAN, refused: { code_max_uses: 1 } }],
  },
);

scenario(
  'at the same instant the smaller id gets the last use',
  [
    load([...single, ...referee('ray', 'ROB', '0', { id: 'e2' })]),
    load(referee('rae', 'ROB', '0', { id: 'e1' })),
    score(),
  ],
  raePaid(),
);

/** 21 referees of Rob, 70 minutes apart: one more than 24 hours take. */
const names = crowd(21);
const crowded = names.map((name, index) => referee(name, 'ROB', minutes(index * 70)));

scenario(
  'the limit of a referrer leaves out the latest registration, though the earliest arrived last',
  [load([...referrer(), ...crowded.slice(1).flat()]), load(crowded[0] ?? []), score()],
  {
    referrals: Object.fromEntries(names.slice(0, 20).map((name) => [name, scored(0)])),
    bonuses: names.slice(0, 20).flatMap((name) => bonuses('paid', name)),
    queue: [],
  },
);

scenario(
  'the limit of a referrer leaves out the earliest registration when the others are scored',
  [load([...referrer(), ...crowded.slice(1).flat()]), score(), load(crowded[0] ?? []), score()],
  {
    referrals: Object.fromEntries(names.slice(1).map((name) => [name, scored(0)])),
    bonuses: names.slice(1).flatMap((name) => bonuses('paid', name)),
    queue: [],
    imports: [CLEAN, { ...CLEAN, refused: { rate_limited: 1 } }],
  },
);
