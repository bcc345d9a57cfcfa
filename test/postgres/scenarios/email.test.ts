import { load, scenario, score } from '../../support/scenario.ts';
import { code, pairWithEmails, register, user, type ScenarioEvent } from '../../support/scenario-events.ts';
import { bonuses, raePaid, scored } from '../../support/scenario-rows.ts';

/** One pair of addresses, the referrer's first; `fires` is the only signal that the pair may raise. */
function emails(
  name: string,
  [referrerEmail, refereeEmail]: readonly [string, string],
  fires: 'disposable_email' | 'similar_email' | 'nothing',
): void {
  const points = { disposable_email: 20, similar_email: 25, nothing: 0 }[fires];
  const steps = [load(pairWithEmails(referrerEmail, refereeEmail)), score()];
  scenario(name, steps, raePaid(points, fires === 'nothing' ? [] : [fires]));
}

emails('a throw-away mailbox is 20 points and paid', ['rob@gmail.com', 'rae@mailinator.com'], 'disposable_email');
emails(
  'a sub-domain of a throw-away domain is one too',
  ['rob@gmail.com', 'rae@inbox.mailinator.com'],
  'disposable_email',
);
emails('a throw-away domain in upper case is one too', ['rob@gmail.com', 'rae@MAILINATOR.COM'], 'disposable_email');
emails(
  'a domain that only begins like a throw-away one is none',
  ['rob@gmail.com', 'rae@mailinator.com.example.org'],
  'nothing',
);
emails("the referrer's own throw-away mailbox is nothing", ['rob@mailinator.com', 'rae@gmail.com'], 'nothing');

emails(
  'the same name with another number at another provider is similar',
  ['jonathan.meyer@firm.de', 'jonathan.meyer27@other.de'],
  'similar_email',
);
emails('upper and lower case are the same', ['JMeyers@firm.de', 'jmeyerS@other.de'], 'similar_email');
emails(
  'three letters of twenty changed are a similarity of exactly 0.85 and similar',
  ['christopherhollander@firm.de', 'khristofherhollandor@other.de'],
  'similar_email',
);
emails(
  'two letters of thirteen changed are 0.846 and not similar',
  ['montgomeryjan@firm.de', 'mantgomeryjon@other.de'],
  'nothing',
);
emails(
  'four letters of twenty changed are 0.80 and not similar',
  ['christopherhollander@firm.de', 'khristofherhollandox@other.de'],
  'nothing',
);
emails(
  'two letters swapped are one change: 0.857 of seven letters',
  ['michael@firm.de', 'micheal@other.de'],
  'similar_email',
);
emails('one letter left out of six is 0.833 and not similar', ['thomas@firm.de', 'tomas@other.de'], 'nothing');
emails('five equal letters are enough anywhere', ['maria@firm.de', 'maria7@other.de'], 'similar_email');
emails('four equal letters on two domains are not', ['anna@firm.de', 'anna7@other.de'], 'nothing');
emails('four equal letters on one company domain are', ['anna@firm.de', 'anna7@firm.de'], 'similar_email');
emails('four equal letters on a free provider are not', ['anna3@gmail.com', 'anna7@gmail.com'], 'nothing');
emails('a role name on two domains is nothing', ['hello@firm.de', 'hello@other.de'], 'nothing');
emails('a role name on a free provider is nothing', ['hello1@gmail.com', 'hello2@gmail.com'], 'nothing');
emails('a role name twice on one company domain is similar', ['hello1@firm.de', 'hello2@firm.de'], 'similar_email');
emails('a tag and dots do not count at Gmail', ['v.a.l.e.n+shop@gmail.com', 'valen@gmail.com'], 'similar_email');
emails('dots do count where the provider minds them', ['v.a.l.e.n@firm.de', 'valen@other.de'], 'nothing');

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
      ...pairWithEmails('rob@gmail.com', 'rae@gmail.com'),
      {
        id: 'rae moves',
        type: 'user.updated',
        at: '2026-03-10T11:30:00Z',
        user: { id: 'rae', email: 'rae@mailinator.com' },
      },
    ]),
    score(),
  ],
  raePaid(20, ['disposable_email']),
);
