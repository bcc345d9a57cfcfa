import type { Account, Code } from './accounts.ts';
import type { Person } from './people.ts';
import type { Random } from './prng.ts';
import { DAY, MINUTE } from './time.ts';
import type { World } from './world.ts';

export type Referrer = {
  readonly account: Account;
  readonly code: Code;
  /** The first moment at which their code can be used. */
  readonly from: number;
};

/** A customer who came by themselves and has a code, at the latest `spare` ms before the end. */
export function newReferrer(world: World, random: Random, person: Person, spare = 3 * DAY): Referrer {
  const at = world.arrival(random, person, world.until - spare);
  return referrerOf(world, random, world.join(random, person, { at }));
}

/** Somebody with an account, and the code they share. */
export function referrerOf(world: World, random: Random, account: Account): Referrer {
  const code = world.ownCode(random, account);
  return { account, code, from: code.createdAt + MINUTE };
}

/** When a friend signs up with the code, within so many days where time allows. */
export function friendlyMoment(world: World, random: Random, person: Person, from: number, days: number): number {
  const to = Math.min(world.until - MINUTE, from + days * DAY);
  return world.calendar.signUp(random, person.place.zone, Math.min(from, to - MINUTE), to);
}
