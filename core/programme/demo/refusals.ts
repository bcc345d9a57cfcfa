import type { Account, Code } from './accounts.ts';
import { stranger } from './people.ts';
import type { Random } from './prng.ts';
import { newReferrer } from './referrers.ts';
import { DAY, HOUR, MINUTE, SECOND } from './time.ts';
import type { World } from './world.ts';

/** Attempts that come on top of the accepted registrations. */
export const REFUSED_SHARE = 0.03;

type Kind = 'expired' | 'used_up' | 'already_referred' | 'self_referral' | 'inactive';
const KINDS: readonly { readonly weight: number; readonly kind: Kind }[] = [
  { weight: 22, kind: 'expired' },
  { weight: 18, kind: 'used_up' },
  { weight: 26, kind: 'already_referred' },
  { weight: 14, kind: 'self_referral' },
  { weight: 20, kind: 'inactive' },
];

/** Codes that have run out, people who were referred before: registrations that the rules refuse (SPEC 2). */
export function refusals(world: World, random: Random, count: number): void {
  const referees = world.accounts.filter((account) => account.registrations.length > 0);
  const open = world.accounts.flatMap((account) => account.codes).filter((code) => code.type === 'auto');
  for (let i = 0; i < count; i++) attempt(random.weighted(KINDS).kind);

  function attempt(kind: Kind): void {
    switch (kind) {
      case 'expired':
        return tooLate(random.pick(expired()), (code) => code.expiresAt ?? world.until);
      case 'used_up': {
        const full = world.campaigns.filter((campaign) => campaign.full && campaign.lastUse < world.until - HOUR);
        if (full.length === 0) return attempt('inactive');
        const { code, lastUse } = random.pick(full);
        return tooLate(code, () => lastUse);
      }
      case 'inactive':
        return tooLate(closed(), (code) => code.closedAt ?? world.until);
      case 'already_referred':
        return again(random.pick(referees));
      case 'self_referral':
        return oneself(random.pick(open));
    }
  }

  function expired(): Code[] {
    const campaigns = world.campaigns
      .map(({ code }) => code)
      .filter((code) => code.expiresAt !== undefined && code.expiresAt < world.until - HOUR);
    return campaigns.length > 0 && random.chance(0.7) ? campaigns : [ended('expiresAt')];
  }

  function closed(): Code {
    return ended('closedAt');
  }

  /** A custom code that its owner let end. */
  function ended(how: 'expiresAt' | 'closedAt'): Code {
    const { account, from } = newReferrer(world, random, stranger(random), 40 * DAY);
    const at = from + random.int(2, 50) * MINUTE;
    const end = Math.floor(Math.min(at + random.between(3, 60) * DAY, world.until - 3 * HOUR));
    return world.code(random, account, { type: 'custom', at, [how]: end });
  }

  /** Somebody new comes with a code that was good before. */
  function tooLate(code: Code, goodUntil: (code: Code) => number): void {
    const from = goodUntil(code) + 3 * MINUTE;
    const to = Math.min(world.until - MINUTE, from + 40 * DAY);
    const person = stranger(random);
    const at = world.calendar.signUp(random, person.place.zone, from, to);
    const account = world.join(random, person, { at: at - 20 * SECOND });
    world.attempt(random, code, account, at);
  }

  function again(account: Account): void {
    const first = account.registrations[0]?.at ?? account.createdAt;
    const at = Math.floor(first + random.skewed(2 * MINUTE, Math.min(30 * DAY, world.until - first), 2));
    const code = random.pick(open);
    if (code.owner === account || code.createdAt >= at || at > world.until) return again(random.pick(referees));
    world.attempt(random, code, account, at);
  }

  function oneself(code: Code): void {
    const { owner } = code;
    const at = Math.floor(code.createdAt + random.skewed(MINUTE, 3 * DAY, 3));
    if (at >= world.until) return oneself(random.pick(open));
    world.attempt(random, code, owner, at);
  }
}
