import { load, scenario, score, sideBySide } from '../../support/scenario.ts';
import { at, code, couple, pair, register, user, type ScenarioEvent } from '../../support/scenario-events.ts';
import { bonuses, raePaid, scored } from '../../support/scenario-rows.ts';

type Fires = 'disposable_email' | 'similar_email' | 'nothing';

const POINTS: { readonly [F in Fires]: number } = { disposable_email: 20, similar_email: 25, nothing: 0 };

/** What each shows, the referrer's address and the referee's, and the only signal that the two may raise. */
const CASES: readonly (readonly [name: string, referrer: string, referee: string, fires: Fires])[] = [
  ['a throw-away mailbox is 20 points and paid', 'rob@gmail.com', 'rae@mailinator.com', 'disposable_email'],
  ['a sub-domain of a throw-away domain is one too', 'ada@gmail.com', 'rae@inbox.mailinator.com', 'disposable_email'],
  ['a throw-away domain in upper case is one too', 'bea@gmail.com', 'ria@MAILINATOR.COM', 'disposable_email'],
  [
    'a domain that only begins like a throw-away one is none',
    'cat@gmail.com',
    'rae@mailinator.com.example.org',
    'nothing',
  ],
  ["the referrer's own throw-away mailbox is nothing", 'rob@mailinator.com', 'rae@gmail.com', 'nothing'],
  [
    'the same name with another number at another provider is similar',
    'jonathan.meyer@firm.de',
    'jonathan.meyer27@other.de',
    'similar_email',
  ],
  ['upper and lower case are the same', 'JMeyers@firm.de', 'jmeyerS@other.de', 'similar_email'],
  [
    'three letters of twenty changed are a similarity of exactly 0.85 and similar',
    'christopherhollander@firm.de',
    'khristofherhollandor@other.de',
    'similar_email',
  ],
  [
    'two letters of thirteen changed are 0.846 and not similar',
    'montgomeryjan@firm.de',
    'mantgomeryjon@other.de',
    'nothing',
  ],
  [
    'four letters of twenty changed are 0.80 and not similar',
    'sebastianschoenfelde@firm.de',
    'zepastianschoenvelte@other.de',
    'nothing',
  ],
  [
    'two letters swapped are one change: 0.857 of seven letters',
    'michael@firm.de',
    'micheal@other.de',
    'similar_email',
  ],
  ['one letter left out of six is 0.833 and not similar', 'thomas@firm.de', 'tomas@other.de', 'nothing'],
  ['five equal letters are enough anywhere', 'maria@firm.de', 'maria7@other.de', 'similar_email'],
  ['four equal letters on two domains are not', 'anna@firm.de', 'anna7@other.de', 'nothing'],
  ['four equal letters on one company domain are', 'nora@firm.de', 'nora7@firm.de', 'similar_email'],
  ['four equal letters on a free provider are not', 'anna3@gmail.com', 'anna7@gmail.com', 'nothing'],
  ['a role name on two domains is nothing', 'hello@firm.de', 'hello@other.de', 'nothing'],
  ['a role name on a free provider is nothing', 'hello1@gmail.com', 'hello2@gmail.com', 'nothing'],
  ['a role name twice on one company domain is similar', 'hello1@firm.de', 'hello2@firm.de', 'similar_email'],
  ['a tag and dots do not count at Gmail', 'v.a.l.e.n+shop@gmail.com', 'valen@gmail.com', 'similar_email'],
  ['dots do count where the provider minds them', 'v.a.l.e.n@firm.de', 'valen@other.de', 'nothing'],
];

sideBySide(
  [load(CASES.flatMap(([, referrer, referee], index) => couple(index, { referrer, referee }))), score()],
  CASES.map(([name, , , fires], index) => ({
    name,
    refereeId: `rae${index}`,
    referral: scored(POINTS[fires], fires === 'nothing' ? [] : [fires]),
    bonuses: bonuses('paid', `rae${index}`, ['registered'], `rob${index}`),
  })),
);

function named(userId: string, offset: string, email: string, codeName: string): readonly ScenarioEvent[] {
  return [user(userId, '-30d', email), register(userId, codeName, offset)];
}

const robAndSue = [user('rob', '-60d'), code('ROB', 'rob', '-50d'), user('sue', '-60d'), code('SUE', 'sue', '-50d')];

scenario(
  'a name like that of an earlier referee of the same referrer is similar, for the later one only',
  [
    load([
      ...robAndSue,
      ...named('rae', '-1d', 'jonathan.meyer@firm.de', 'ROB'),
      ...named('ray', '0', 'jonathan.meyer2@other.de', 'ROB'),
    ]),
    score(),
  ],
  {
    referrals: { rae: scored(0), ray: scored(25, ['similar_email']) },
    bonuses: [...bonuses('paid', 'rae'), ...bonuses('paid', 'ray')],
    queue: [],
  },
);

scenario(
  'a name like that of a referee of somebody else is nothing',
  [
    load([
      ...robAndSue,
      ...named('rae', '-1d', 'jonathan.meyer@firm.de', 'SUE'),
      ...named('ray', '0', 'jonathan.meyer2@other.de', 'ROB'),
    ]),
    score(),
  ],
  {
    referrals: { rae: scored(0), ray: scored(0) },
    bonuses: [...bonuses('paid', 'rae', ['registered'], 'sue'), ...bonuses('paid', 'ray')],
    queue: [],
  },
);

scenario(
  'an address changed to a throw-away mailbox before the registration counts',
  [
    load([
      ...pair(),
      {
        id: 'rae moves',
        type: 'user.updated',
        at: at('-30m'),
        user: { id: 'rae', email: 'rae@mailinator.com' },
      },
    ]),
    score(),
  ],
  raePaid(20, ['disposable_email']),
);
