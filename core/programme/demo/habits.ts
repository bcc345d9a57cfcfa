import type { Account } from './accounts.ts';
import { Random } from './prng.ts';
import { DAY, HOUR, MINUTE } from './time.ts';

/** What somebody does after signing up; the exact moments are drawn when their story is told. */
export type Habits = {
  /** First usage of credits; later than `leaves` means never. */
  readonly firstUse: number;
  readonly uses: number;
  readonly apps: number;
  /** Times they sign in on top of the first. */
  readonly visits: number;
  readonly purchases: readonly number[];
  /** Nothing of theirs happens after it. */
  readonly leaves: number;
};

/** The ways honest people take to the product. */
const KINDS = [
  { weight: 23, kind: 'bounced', uses: [0, 0], visits: [0, 1], stays: [0, 3], buys: 0.005 },
  { weight: 33, kind: 'tried', uses: [1, 3], visits: [0, 3], stays: [1, 20], buys: 0.12 },
  { weight: 29, kind: 'regular', uses: [3, 8], visits: [1, 5], stays: [35, 130], buys: 0.7 },
  { weight: 15, kind: 'devoted', uses: [6, 14], visits: [3, 8], stays: [90, 270], buys: 0.93 },
] as const;

/** Of honest buyers: those who buy on the first day, and those who buy before they try. */
const SAME_DAY = 0.016;
const UNTRIED = 0.04;

/** `keen` 0 for the usual mixture; 1 for friends of somebody who knows whom the product suits. */
export function honestHabits(random: Random, from: number, keen = 0): Habits {
  const kinds = KINDS.map((kind, i) => ({ ...kind, weight: kind.weight * (i < 2 ? 1 - keen / 2 : 1 + keen) }));
  const kind = random.weighted(kinds);
  const leaves = from + random.between(kind.stays[0], kind.stays[1]) * DAY + HOUR;
  const buys = random.chance(kind.buys);
  const sameDay = random.chance(SAME_DAY);
  const purchase = sameDay
    ? from + random.between(0.5 * HOUR, 23 * HOUR)
    : from + random.skewed(26 * HOUR, Math.max(3 * DAY, Math.min(50 * DAY, leaves - from)), 2);
  const purchases = buys ? [purchase] : [];
  if (buys && kind.kind === 'devoted' && random.chance(0.45)) purchases.push(purchase + random.between(25, 60) * DAY);
  const usual = from + (random.chance(0.7) ? random.skewed(6 * MINUTE, 5 * HOUR) : random.between(5 * HOUR, 3 * DAY));
  const early = buys && usual >= purchase && !random.chance(UNTRIED);
  const firstUse = early ? from + random.between(6 * MINUTE, 0.4 * HOUR) : usual;
  return {
    firstUse: buys && random.chance(UNTRIED) ? purchase + random.between(HOUR, 3 * DAY) : firstUse,
    uses: random.int(kind.uses[0], kind.uses[1]) + (buys && kind.kind === 'bounced' ? 1 : 0),
    apps: random.int(1, kind.kind === 'devoted' ? 5 : 3),
    visits: random.int(kind.visits[0], kind.visits[1]),
    purchases,
    leaves: Math.max(leaves, ...purchases),
  };
}

/** Somebody who found the product alone has no credits to use before buying some. */
export function customerHabits(random: Random, from: number): Habits {
  const habits = honestHabits(random, from, 0.5);
  const [purchase] = habits.purchases;
  if (purchase === undefined) return { ...habits, uses: 0, visits: habits.visits + 1 };
  return { ...habits, firstUse: purchase + random.between(5 * MINUTE, DAY) };
}

/** An account that exists for its bonus: a touch of usage, then nothing. */
export function hollowHabits(random: Random, from: number, until: { uses?: number; buysAfter?: number }): Habits {
  const uses = until.uses ?? 0;
  const purchases = until.buysAfter === undefined ? [] : [from + until.buysAfter];
  return {
    firstUse: from + random.between(6 * MINUTE, 40 * MINUTE),
    uses,
    apps: 1,
    visits: random.chance(0.4) ? 1 : 0,
    purchases,
    leaves: Math.max(from + random.between(HOUR, 30 * HOUR), ...purchases),
  };
}

/** What the holder of an account does: planned by a scheme, or drawn from the account's own seed. */
export function habitsOf({ habits, seed, createdAt, registrations }: Account): Habits {
  if (habits !== null) return habits;
  const random = new Random(seed + 1);
  const [first] = registrations;
  const referred = first !== undefined && first.accepted && first.at < createdAt + 5 * MINUTE;
  return referred ? honestHabits(random, first.at) : customerHabits(random, createdAt);
}
