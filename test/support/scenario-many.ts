import { at, type ScenarioEvent } from './scenario-events.ts';

const REFERRERS = 800;
const EACH = 25;

/** As many as `manyReferrals` tells of. */
export const MANY = REFERRERS * EACH;

/** Letters that stand for a number, so that names differ in more than their digits. */
function word(value: number): string {
  return value.toString(26).replaceAll(/./g, (digit) => String.fromCodePoint(97 + Number.parseInt(digit, 26)));
}

/** Every tenth referrer is a farm: their referees share their address, every fifth one the device too. */
function* referralsOf(referrer: number): Generator<ScenarioEvent> {
  const referrerId = `r${referrer}`;
  const code = `CODE-${referrer}`;
  const farm = referrer % 10 === 0;
  const address = `10.${referrer % 250}.${Math.floor(referrer / 250)}.1`;
  const ids = (event: string) => ({ id: `${event} ${referrerId}` });
  const born = { at: at('-60d'), user: { id: referrerId, name: 'Rob Ash', email: `${word(referrer)}@gmail.com` } };
  yield { ...ids('user'), type: 'user.created', ...born };
  yield { ...ids('code'), type: 'code.created', at: at('-50d'), code: { code, userId: referrerId, type: 'custom' } };
  yield {
    ...ids('seen'),
    type: 'user.seen',
    at: at('-40d'),
    userId: referrerId,
    context: 'login',
    ip: address,
    device: code,
  };
  for (let index = 0; index < EACH; index += 1) {
    const userId = `${referrerId}-${index}`;
    const minute = -20 * 1440 + index * (farm ? 75 : 300);
    const when = (more: string) => at(`-${-minute}m`, more);
    const of = (event: string) => ({ id: `${event} ${userId}` });
    const email = `${word(index * 7919 + referrer)}${index}@${index % 9 === 0 ? 'mailinator.com' : 'firm.de'}`;
    yield { ...of('user'), type: 'user.created', at: when('-1h'), user: { id: userId, name: 'Rae Ash', email } };
    yield {
      ...of('registered'),
      type: 'referral.registered',
      at: when('0'),
      refereeId: userId,
      code,
      ip: farm ? address : `11.${referrer % 250}.${Math.floor(referrer / 250)}.${index}`,
      ipType: index % 7 === 0 ? 'vpn' : 'residential',
      device: farm && index % 5 === 0 ? code : userId,
    };
    if (index % 2 === 0)
      yield { ...of('used'), type: 'credits.used', at: when('+2h'), userId, appId: 'chat', amount: 1 };
    if (index % 3 === 0) {
      const bought = { at: when(index % 4 === 0 ? '+3h' : '+30h'), userId, amount: 100 };
      yield { ...of('bought'), type: 'credits.purchased', ...bought };
    }
  }
}

/** 20,000 referrals in all bands, the same each time; nobody comes near a rate limit. */
export function* manyReferrals(): Generator<ScenarioEvent> {
  for (let referrer = 0; referrer < REFERRERS; referrer += 1) yield* referralsOf(referrer);
}
