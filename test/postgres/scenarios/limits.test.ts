import { load, scenario, score } from '../../support/scenario.ts';
import {
  at,
  code,
  crowd,
  minutes,
  referee,
  referrer,
  register,
  type ScenarioEvent,
  user,
} from '../../support/scenario-events.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';
import type { ImportFacts } from '../../support/scenario-workbench.ts';
import { bonuses, raePaid, scored } from '../../support/scenario-rows.ts';

const CLEAN: ImportFacts = { refused: {}, duplicates: 0, rejected: [] };

function refused(reasons: ImportFacts['refused']): ImportFacts {
  return { ...CLEAN, refused: reasons };
}

/** Nobody was referred; these are the codes, and what each import said. */
function made(codes: Outcome['codes'], ...imports: readonly ImportFacts[]): Outcome {
  return { referrals: {}, bonuses: [], queue: [], codes: codes ?? {}, imports };
}

const people = [user('rob', '-60d'), user('sue', '-60d')];

/** Ten custom codes of Rob, six minutes apart: the last one 54 minutes after the first. */
const ten = Array.from({ length: 10 }, (_, index) => code(`ROB-${index}`, 'rob', minutes(index * 6)));
const tenMade = Object.fromEntries(ten.map((_, index) => [`ROB-${index}`, 'rob']));
const eleventh = (offset: string, fields = {}): ScenarioEvent => code('MORE', 'rob', offset, fields);

scenario(
  'the eleventh custom code within an hour is rate_limited',
  [load([...people, ...ten, eleventh('+59m59.999s')])],
  made(tenMade, refused({ rate_limited: 1 })),
);

scenario(
  'exactly an hour after the first one there is room for another custom code',
  [load([...people, ...ten, eleventh('+60m')])],
  made({ ...tenMade, MORE: 'rob' }, CLEAN),
);

scenario(
  'campaign codes, the automatic one and codes of others do not count as custom ones',
  [
    load([
      ...people,
      ...ten,
      eleventh('+55m', { type: 'campaign' }),
      code('AAAAAA', 'rob', '+56m', { type: 'auto' }),
      code('SUE', 'sue', '+57m'),
    ]),
  ],
  made({ ...tenMade, MORE: 'rob', AAAAAA: 'rob', SUE: 'sue' }, CLEAN),
);

scenario(
  'an attempt that fails does not count',
  [
    load(
      [...people, code('TAKEN', 'sue', '-1h'), ...ten.slice(0, 9), code('TAKEN', 'rob', '+50m'), eleventh('+55m')].map(
        (event, index) => ({ ...event, id: `${index} ${event.id}` }),
      ),
    ),
  ],
  made(
    { ...Object.fromEntries(Object.entries(tenMade).slice(0, 9)), TAKEN: 'sue', MORE: 'rob' },
    refused({ code_taken: 1 }),
  ),
);

scenario(
  'a second automatic code is auto_code_exists, however much later',
  [load([...people, code('AAAAAA', 'rob', '-50d', { type: 'auto' }), code('BBBBBB', 'rob', '+1d', { type: 'auto' })])],
  made({ AAAAAA: 'rob' }, refused({ auto_code_exists: 1 })),
);

scenario(
  'the earlier automatic code is the one, though it arrived later',
  [
    load([...people, code('BBBBBB', 'rob', '+1d', { type: 'auto' })]),
    load([code('AAAAAA', 'rob', '-50d', { type: 'auto' })]),
  ],
  made({ AAAAAA: 'rob' }, CLEAN, CLEAN),
);

scenario(
  'the limit of custom codes leaves out the latest, though the earliest arrived last',
  [load([...people, ...ten.slice(1), eleventh('+59m')]), load([ten[0] ?? eleventh('0')])],
  made(tenMade, CLEAN, CLEAN),
);

scenario(
  'a code that loses its place is the next one’s who made it',
  [
    load([...people, ...ten.slice(1), eleventh('+58m'), { ...code('MORE', 'sue', '+59m'), id: 'sue made it' }]),
    load([ten[0] ?? eleventh('0')]),
  ],
  made({ ...tenMade, MORE: 'sue' }, refused({ code_taken: 1 }), CLEAN),
);

const registered = [user('rae', '+30m'), register('rae', 'MORE', '+2h')];

scenario(
  'a referral through a code that loses its place goes with the code',
  [load([...people, ...ten.slice(1), eleventh('+59m'), ...registered]), load([ten[0] ?? eleventh('0')]), score()],
  made(tenMade, CLEAN, CLEAN),
);

scenario(
  'a code through which a referral was scored stands, and the latest of the others loses its place',
  [
    load([...people, ...ten.slice(1), eleventh('+59m'), ...registered]),
    score(),
    load([ten[0] ?? eleventh('0')]),
    score(),
  ],
  {
    ...raePaid(),
    codes: { ...Object.fromEntries(Object.entries(tenMade).slice(0, 9)), MORE: 'rob' },
    imports: [CLEAN, CLEAN],
  },
);

scenario(
  'who registered with a code that was refused is accepted when somebody else has it',
  [
    load([...people, ...ten, eleventh('+59m'), ...registered]),
    load([{ ...code('MORE', 'sue', '+1h30m'), id: 'sue made it' }]),
    score(),
  ],
  {
    ...raePaid(),
    bonuses: bonuses('paid', 'rae', ['registered'], 'sue'),
    codes: { ...tenMade, MORE: 'sue' },
    imports: [refused({ rate_limited: 1, invalid_code: 1 }), CLEAN],
  },
);

/** A look-up of a code from one address. */
function lookUp(nth: number, offset: string, ip = '192.0.2.1', codeName = 'ROB'): ScenarioEvent {
  return { id: `look-up ${nth}`, type: 'code.validated', at: at(offset), code: codeName, ip };
}

const twenty = Array.from({ length: 20 }, (_, index) => lookUp(index, `+${index}s`));

scenario(
  'the 21st look-up within a minute from one address is rate_limited, of an unknown code too',
  [load([...referrer(), ...twenty, lookUp(20, '+59.999s', '192.0.2.1', 'GUESS')])],
  made({ ROB: 'rob' }, refused({ rate_limited: 1 })),
);

scenario(
  'exactly a minute after the first one there is room for another look-up',
  [load([...referrer(), ...twenty, lookUp(20, '+60s')])],
  made({ ROB: 'rob' }, CLEAN),
);

scenario(
  'a look-up of a code that nobody has counts and is not refused, nor is one from another address',
  [
    load([
      ...referrer(),
      ...twenty.slice(1),
      lookUp(0, '0', '::ffff:192.0.2.1', 'GUESS'),
      lookUp(20, '+30s', '192.0.2.2'),
    ]),
  ],
  made({ ROB: 'rob' }, CLEAN),
);

scenario(
  'the limit of look-ups takes the earliest, whatever the order of arrival; refused ones do not count',
  [
    load([...referrer(), ...twenty.slice(1), lookUp(20, '+30s'), lookUp(21, '+61s'), lookUp(22, '+61s')]),
    load([lookUp(0, '0')]),
    load([lookUp(23, '+62s'), lookUp(24, '+62s')]),
  ],
  made({ ROB: 'rob' }, refused({ rate_limited: 1 }), CLEAN, refused({ rate_limited: 1 })),
);

const line = (who: string, action: string, from: string, to: string): string =>
  `${who} ${action} 1: ${at(from)} to ${at(from, to)}`;

scenario(
  'what the limits count is kept: one row an accepted call, by keyed hash where it is an address',
  [
    load([
      ...referrer(),
      code('SPRING', 'rob', '-40d', { type: 'campaign' }),
      code('AAAAAA', 'rob', '-30d', { type: 'auto' }),
      ...referee('kaa', 'ROB', '0'),
      ...referee('kab', 'SPRING', '+6m'),
      register('kab', 'ROB', '+12m'),
      lookUp(1, '+1h'),
    ]),
    score(),
  ],
  {
    referrals: { kaa: scored(0), kab: scored(0) },
    bonuses: [...bonuses('paid', 'kaa'), ...bonuses('paid', 'kab')],
    queue: [],
    limits: [
      line('code ROB', 'registration', '0', '+24h'),
      line('code SPRING', 'registration', '+6m', '+24h'),
      line('ip <hash>', 'code_validation', '+1h', '+60s'),
      line('user rob', 'code_creation', '-50d', '+1h'),
      line('user rob', 'registration', '0', '+24h'),
    ],
  },
);

scenario(
  'a registration that loses its place loses what it counted for',
  [
    load([...referrer(), ...referrer('sue', 'SUE'), ...referee('rae', 'SUE', '+1h')]),
    load([register('rae', 'ROB', '0')]),
    score(),
  ],
  {
    ...raePaid(),
    limits: [
      line('code ROB', 'registration', '0', '+24h'),
      line('user rob', 'code_creation', '-50d', '+1h'),
      line('user rob', 'registration', '0', '+24h'),
      line('user sue', 'code_creation', '-50d', '+1h'),
    ],
  },
);

/** Twenty registrations with a campaign code, 70 minutes apart, then one with Rob's own. */
const campaigners = crowd(20);

scenario(
  'registrations with a campaign code leave its owner’s own limit alone',
  [
    load([
      ...referrer(),
      code('SPRING', 'rob', '-40d', { type: 'campaign' }),
      ...campaigners.flatMap((name, index) => referee(name, 'SPRING', minutes(index * 70))),
      ...referee('rae', 'ROB', '+23h'),
    ]),
    score(),
  ],
  {
    referrals: Object.fromEntries([...campaigners, 'rae'].map((name) => [name, scored(0)])),
    bonuses: [...campaigners, 'rae'].flatMap((name) => bonuses('paid', name)),
    queue: [],
    imports: [CLEAN],
  },
);

/** Twenty look-ups every half minute for five minutes: every other twenty are refused. */
const halves = Array.from({ length: 11 }, (_, half) => half);
const stormy = halves.flatMap((half) =>
  Array.from({ length: 20 }, (_, index) => lookUp(half * 20 + index, `+${half * 30}s`)),
);
const counted = (accepted: (half: number) => number): readonly string[] =>
  halves.flatMap((half) =>
    Array.from({ length: accepted(half) }, () => line('ip <hash>', 'code_validation', `+${half * 30}s`, '+60s')),
  );

scenario(
  'one look-up that is learned of late changes which are accepted minutes later',
  [load(stormy), load([lookUp(999, '-30s')])],
  {
    referrals: {},
    bonuses: [],
    queue: [],
    limits: [
      line('ip <hash>', 'code_validation', '-30s', '+60s'),
      ...counted((half) => (half % 2 === 0 ? 19 : 1)),
    ].sort(),
    imports: [refused({ rate_limited: 100 }), CLEAN],
  },
);
