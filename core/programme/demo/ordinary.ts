import type { Account } from './accounts.ts';
import { friendOf, stranger } from './people.ts';
import type { Random } from './prng.ts';
import { friendlyMoment, newReferrer, referrerOf } from './referrers.ts';
import { DAY, HOUR, MINUTE } from './time.ts';
import type { World } from './world.ts';

/** How many friends somebody brings who brings any. */
const REACH = [
  { weight: 56, low: 1, high: 1 },
  { weight: 21, low: 2, high: 2 },
  { weight: 12, low: 3, high: 4 },
  { weight: 8, low: 5, high: 9 },
  { weight: 2.4, low: 10, high: 20 },
  { weight: 0.6, low: 21, high: 36 },
];
/** Referrers who were referred themselves. */
const PASSED_ON = 0.5;
const TELLS_A_CHAT = 0.012;

/** Friends who tell friends: whatever the other parts leave. */
export function ordinary(world: World, random: Random, count: number): void {
  const newcomers: Account[] = [];
  for (let left = count; left > 0;) {
    const { account, code, from } = nextReferrer(world, random, newcomers);
    const days = (world.until - from) / DAY;
    const { low, high } = random.weighted(REACH);
    const reach = Math.max(1, Math.min(left, random.int(low, high), Math.floor(days * 0.6)));
    let last = 0;
    for (let i = 0; i < reach; i++) {
      const friend = friendOf(random, account.person);
      // The first friend often comes at once, a group chat within minutes of each other.
      const chat = last > 0 && random.chance(TELLS_A_CHAT * 3);
      const at = chat
        ? Math.min(world.until, last + random.int(20, 600) * 1000)
        : friendlyMoment(world, random, friend, from + HOUR, random.chance(0.4) ? 25 : 60 + reach * 12);
      last = at;
      const mate = world.recruit(random, code, friend, { at });
      if (at < world.until - 12 * DAY) newcomers.push(mate);
    }
    left -= reach;
  }
  for (const account of newcomers) {
    if (account.codes.length === 0 && random.chance(0.3)) world.ownCode(random, account);
  }
}

function nextReferrer(world: World, random: Random, newcomers: Account[]) {
  if (newcomers.length > 0 && random.chance(PASSED_ON)) {
    const place = random.int(0, newcomers.length - 1);
    const account = newcomers[place];
    const last = newcomers.pop();
    if (last !== undefined && last !== account) newcomers[place] = last;
    if (account !== undefined) return referrerOf(world, random, account);
  }
  const person = stranger(random);
  const referrer = newReferrer(world, random, person, 2 * DAY);
  if (!random.chance(0.06) || referrer.from > world.until - 3 * DAY) return referrer;
  const custom = world.code(random, referrer.account, { type: 'custom', at: referrer.from + 5 * MINUTE });
  return { ...referrer, code: custom, from: custom.createdAt + MINUTE };
}
