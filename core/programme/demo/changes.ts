import type { Account } from './accounts.ts';
import { habitsOf } from './habits.ts';
import { nameOf } from './names.ts';
import type { Random } from './prng.ts';
import { DAY } from './time.ts';
import type { World } from './world.ts';

const CHANGED = 0.015;
/** One account in so many asks to be deleted. */
const ONE_LEAVES_OF = 2500;

/** People marry, change their mailbox, and a few want to be forgotten. */
export function changes(world: World, random: Random): void {
  const { accounts, until } = world;
  for (const account of accounts) {
    const at = Math.floor(random.between(Math.max(account.createdAt, world.start) + 5 * DAY, until));
    if (!random.chance(CHANGED) || at >= until) continue;
    account.changes = [random.chance(0.25) ? renamed(account, at) : moved(account, at)];
  }
  const gone = accounts.filter((account) => isGone(account));
  for (const account of random.sample(gone, Math.ceil(accounts.length / ONE_LEAVES_OF))) {
    account.changes = [{ at: Math.floor(lastOf(account) + random.between(2, 9) * DAY), kind: 'deleted' }];
  }

  function renamed(account: Account, at: number) {
    const { name, place } = account.person;
    return { at, kind: 'renamed', name: `${name.given} ${nameOf(random, place.locale).family}` } as const;
  }

  function moved(account: Account, at: number) {
    const { name, place } = account.person;
    return { at, kind: 'moved', email: world.emails.personal(random, name, place.locale) } as const;
  }

  /** Nobody depends on the account, and it has done what it will do. */
  function isGone(account: Account): boolean {
    return account.codes.length === 0 && account.changes.length === 0 && lastOf(account) < until - 10 * DAY;
  }
}

function lastOf(account: Account): number {
  return Math.max(habitsOf(account).leaves, ...account.registrations.map(({ at }) => at));
}
