import type { Facts } from './facts.ts';
import { compare, isBefore } from './moment.ts';
import { DAY, DISPOSABLE, HOUR, MINUTE, POINTS, type Signal } from './seed.ts';
import type { Referral, State } from './state.ts';

export type Fired = { readonly name: string; readonly points: number };

/** What fires for each referral, by all facts known. */
export function signalsOf(state: State, facts: Facts): (referral: Referral) => readonly Fired[] {
  const ofReferrer = Map.groupBy([...state.referrals.values()].sort(compare), ({ referrerId }) => referrerId);
  return (referral) => {
    const siblings = ofReferrer.get(referral.referrerId) ?? [];
    const fires: { readonly [S in Signal]: boolean } = {
      same_ip: wasSeen(facts, referral, ({ ip }) => ip === referral.ip),
      same_device: referral.device !== null && wasSeen(facts, referral, ({ device }) => device === referral.device),
      disposable_email: isDisposable(domainOf(emailOf(facts, referral.refereeId))),
      similar_email: isSimilar(facts, referral, siblings),
      rapid_registration: isRapid(facts, referral, siblings),
      bulk_registrations: isBulk(referral, siblings),
      vpn_proxy: ['vpn', 'proxy', 'tor', 'datacenter'].includes(referral.ipType ?? ''),
      new_account_referrer: referral.at - (facts.users.get(referral.referrerId)?.at ?? 0) < 7 * DAY,
      instant_qualification: referral.qualified !== null && referral.qualified.at - referral.at < DAY,
      minimal_activity: isMinimal(facts, referral),
    };
    const signals = (Object.keys(fires) as Signal[]).filter((name) => fires[name]);
    return [...signals.map((name) => ({ name, points: POINTS[name] })), ...patternsOf(facts, referral)];
  };
}

type Sightings = NonNullable<ReturnType<Facts['sightings']['get']>>;

function wasSeen(facts: Facts, referral: Referral, matches: (sighting: Sightings[number]) => boolean): boolean {
  return (facts.sightings.get(referral.referrerId) ?? []).some((one) => isBefore(one, referral) && matches(one));
}

function isRapid(facts: Facts, referral: Referral, siblings: readonly Referral[]): boolean {
  const previous = siblings[siblings.indexOf(referral) - 1];
  const made = facts.codes.find(({ id }) => id === referral.codeEvent);
  return [previous, made].some(
    (one) => one !== undefined && one.at <= referral.at && referral.at - one.at < 5 * MINUTE,
  );
}

/** Any five in a row that it is one of. */
function isBulk(referral: Referral, siblings: readonly Referral[]): boolean {
  const place = siblings.indexOf(referral);
  return [0, 1, 2, 3, 4].some((back) => {
    const [first, last] = [siblings[place - back], siblings[place - back + 4]];
    return first !== undefined && last !== undefined && last.at - first.at < HOUR;
  });
}

function isMinimal(facts: Facts, { refereeId, at, qualified }: Referral): boolean {
  if (qualified === null) return false;
  return !(facts.usages.get(refereeId) ?? []).some((usage) => usage.at >= at && usage.at <= qualified.at);
}

function emailOf(facts: Facts, userId: string): string {
  return facts.users.get(userId)?.event.user.email ?? '';
}

function domainOf(email: string): string {
  return email.slice(email.indexOf('@') + 1);
}

function isDisposable(domain: string): boolean {
  return DISPOSABLE.some((one) => domain === one || domain.endsWith(`.${one}`));
}

/** Only equality: the names that the programmes are made of are either equal but for a number, or far apart. */
function isSimilar(facts: Facts, referral: Referral, siblings: readonly Referral[]): boolean {
  const nameOf = (userId: string): string => emailOf(facts, userId).replace(/\d*@.*$/, '');
  const others = siblings.slice(0, siblings.indexOf(referral)).map(({ refereeId }) => refereeId);
  return [referral.referrerId, ...others].some((other) => nameOf(other) === nameOf(referral.refereeId));
}

function patternsOf(facts: Facts, referral: Referral): readonly Fired[] {
  const domain = domainOf(emailOf(facts, referral.refereeId));
  return [...facts.patterns].flatMap(([value, { type, points }]) => {
    const matches =
      type === 'device_pattern' ? referral.device === value : domain === value || domain.endsWith(`.${value}`);
    return matches ? [{ name: `pattern:${value}`, points }] : [];
  });
}
