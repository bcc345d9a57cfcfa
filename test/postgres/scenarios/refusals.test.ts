import { load, scenario, score } from '../../support/scenario.ts';
import {
  at,
  code,
  codeUpdated,
  crowd,
  pair,
  referee,
  referrer,
  register,
  user,
} from '../../support/scenario-events.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';
import { bonuses, raePaid, scored } from '../../support/scenario-rows.ts';

const NOTHING: Outcome = { referrals: {}, bonuses: [], queue: [] };

/** Those referees of Rob are accepted and paid, and the one import refused what it says. */
function accepted(names: readonly string[], refused: { readonly [reason: string]: number }, by = 'rob'): Outcome {
  return {
    referrals: Object.fromEntries(names.map((name) => [name, scored(0)])),
    bonuses: names.flatMap((name) => bonuses('paid', name, ['registered'], by)),
    queue: [],
    imports: [{ refused, duplicates: 0, rejected: [] }],
  };
}

scenario(
  'a code that nobody has is invalid_code',
  [load([...referrer(), ...referee('rae', 'RBO')]), score()],
  accepted([], { invalid_code: 1 }),
);

scenario(
  'a referee that nobody knows is unknown_user',
  [load([...referrer(), register('rae', 'ROB')]), score()],
  accepted([], { unknown_user: 1 }),
);

scenario(
  'a code is inactive from the moment it is switched off until it is switched on again',
  [
    load([
      ...referrer(),
      ...referee('kaa', 'ROB', '0'),
      codeUpdated('ROB', '+1h', { isActive: false }),
      ...referee('kab', 'ROB', '+2h'),
      codeUpdated('ROB', '+3h', { isActive: true }),
      ...referee('kac', 'ROB', '+4h'),
    ]),
    score(),
  ],
  accepted(['kaa', 'kac'], { code_inactive: 1 }),
);

scenario(
  'a code that has expired is code_expired, judged at the time of the registration',
  [
    load([
      user('rob', '-60d'),
      code('ROB', 'rob', '-50d', { expiresAt: at('+1h') }),
      ...referee('kaa', 'ROB', '+59m59.999s'),
      ...referee('kab', 'ROB', '+1h0.001s'),
    ]),
    score(),
  ],
  accepted(['kaa'], { code_expired: 1 }),
);

scenario(
  'a code with two uses takes two referees and refuses the third',
  [
    load([
      user('rob', '-60d'),
      code('ROB', 'rob', '-50d', { maxUses: 2 }),
      ...referee('kaa', 'ROB', '0'),
      ...referee('kab', 'ROB', '+1h'),
      ...referee('kac', 'ROB', '+2h'),
    ]),
    score(),
  ],
  accepted(['kaa', 'kab'], { code_max_uses: 1 }),
);

scenario(
  'nobody refers themselves',
  [load([...referrer(), register('rob', 'ROB')]), score()],
  accepted([], { self_referral: 1 }),
);

scenario(
  'a referee is referred once, by the first who did',
  [load([...pair(), ...referrer('sue', 'SUE'), register('rae', 'SUE', '+1h')]), score()],
  { ...accepted(['rae'], { already_referred: 1 }), referrers: { rae: 'rob' } },
);

scenario(
  'a refused registration leaves the referee free to register with another code',
  [load([...referrer(), ...referee('rae', 'NOBODY', '0'), register('rae', 'ROB', '+1h')]), score()],
  accepted(['rae'], { invalid_code: 1 }),
);

scenario('a code is found in lower case too', [load([...referrer(), ...referee('rae', 'rob')]), score()], raePaid());

/** Twenty referees of Rob, 70 minutes apart: the last one 22 h 10 min after the first. */
const twenty = crowd(20);
const twentyReferees = twenty.flatMap((name, index) => referee(name, 'ROB', `+${index * 70}m`));

scenario(
  'the 21st registration within 24 h of one referrer is rate_limited',
  [load([...referrer(), ...twentyReferees, ...referee('rae', 'ROB', '+23h59m59.999s')]), score()],
  accepted(twenty, { rate_limited: 1 }),
);

scenario(
  'exactly 24 h after the first one there is room for another',
  [load([...referrer(), ...twentyReferees, ...referee('rae', 'ROB', '+24h')]), score()],
  accepted([...twenty, 'rae'], {}),
);

scenario(
  'the limit of a referrer counts all of their codes together',
  [
    load([...referrer(), code('ROB-TWO', 'rob', '-40d'), ...twentyReferees, ...referee('rae', 'ROB-TWO', '+23h')]),
    score(),
  ],
  accepted(twenty, { rate_limited: 1 }),
);

scenario(
  'a refused registration does not use up the limit',
  [
    load([
      ...referrer(),
      ...twentyReferees.slice(0, 38),
      register('kaa', 'ROB', '+22h', { id: 'kaa again' }),
      ...referee('rae', 'ROB', '+23h'),
    ]),
    score(),
  ],
  accepted([...twenty.slice(0, 19), 'rae'], { already_referred: 1 }),
);

const fifty = crowd(50);
const campaign = [user('rob', '-60d'), code('SPRING', 'rob', '-50d', { type: 'campaign' })];
const fiftyReferees = fifty.flatMap((name, index) => referee(name, 'SPRING', `+${index * 28}m`));

scenario(
  'a campaign takes 50 registrations within 24 h, more than a person may, and refuses the 51st',
  [load([...campaign, ...fiftyReferees, ...referee('rae', 'SPRING', '+23h59m')]), score()],
  accepted(fifty, { rate_limited: 1 }),
);

scenario(
  'a purchase of somebody who was never referred makes no referral',
  [
    load([
      ...referrer(),
      user('rae', '-1h'),
      { id: 'buy', type: 'credits.purchased', at: at('0'), userId: 'rae', amount: 100 },
    ]),
    score(),
  ],
  NOTHING,
);
