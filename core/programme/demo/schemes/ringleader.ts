import type { Code } from '../accounts.ts';
import type { Account } from '../accounts.ts';
import { wakingMoment } from '../calendar.ts';
import { honestHabits, hollowHabits } from '../habits.ts';
import type { Habits } from '../habits.ts';
import type { Person } from '../people.ts';
import type { Random } from '../prng.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import type { World } from '../world.ts';

/** The account that collects the bonuses, its code, and when the first false friend arrives. */
export type Ringleader = { readonly account: Account; readonly code: Code; readonly strike: number };

export type Setting = {
  /** The chance that the account is made for the purpose, less than a week before. */
  readonly fresh: number;
  /** How long the scheme will take, in ms: it ends before the programme does. */
  readonly lasts: number;
  readonly email?: string;
};

export function ringleader(world: World, random: Random, person: Person, setting: Setting): Ringleader {
  const { fresh, lasts, email } = setting;
  const latest = Math.max(world.start + 9 * DAY, world.until - lasts - HOUR);
  const strike = world.calendar.signUp(random, person.place.zone, world.start + 8 * DAY, latest);
  const age = random.chance(fresh) ? random.between(HOUR, 6 * DAY) : random.between(9 * DAY, 120 * DAY);
  const at = Math.floor(strike - age);
  const account = world.join(random, person, { at, ...(email !== undefined && { email }) });
  const earliest = Math.max(at, world.start) + MINUTE;
  const code = world.code(random, account, {
    type: 'auto',
    at: Math.floor(random.between(earliest, strike - 9 * MINUTE)),
  });
  return { account, code, strike };
}

/** What a false account does: nothing, a token usage, or just enough to earn its referrer the bonus. */
export function falseHabits(random: Random, at: number, buys = 0.3): Habits {
  const way = random.next();
  if (way < 0.12) return { ...honestHabits(random, at), visits: 1 };
  const uses = random.chance(0.55) ? random.int(1, 2) : 0;
  if (!random.chance(buys)) return hollowHabits(random, at, { uses });
  const patient = random.chance(0.45);
  const buysAfter = Math.floor(patient ? random.between(25 * HOUR, 9 * DAY) : random.between(5 * MINUTE, 20 * HOUR));
  return hollowHabits(random, at, { uses, buysAfter });
}

/** `count` moments from `first` on, each so many ms after the one before. */
export function steps(random: Random, first: number, count: number, shortest: number, longest: number): number[] {
  return following(first, count, (last) => Math.floor(last + random.skewed(shortest, longest, 2)));
}

/** The same for people who sleep at night; `longest` is more than a day. */
export function wakingSteps(
  random: Random,
  { place }: Person,
  first: number,
  count: number,
  [shortest, longest]: readonly [number, number],
): number[] {
  return following(first, count, (last) => wakingMoment(random, place.zone, last + shortest, last + longest, 2));
}

function following(first: number, count: number, next: (last: number) => number): number[] {
  const moments: number[] = [];
  for (let at = Math.floor(first); moments.length < count; at = next(at)) moments.push(at);
  return moments;
}
