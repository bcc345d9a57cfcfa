import { homeSpot, mobileSpot, neighbourSpot } from '../addresses.ts';
import { knownDevice } from '../devices.ts';
import { AGENTS } from '../data/agents.ts';
import { honestHabits } from '../habits.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger } from '../people.ts';
import type { Person } from '../people.ts';
import type { Random } from '../prng.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import type { World } from '../world.ts';
import { falseHabits, ringleader, wakingSteps } from './ringleader.ts';

/**
 * Patient people: days between the accounts, a device and a line for each, a bonus that is earned in the open. What they share is a
 * neighbourhood of addresses, one phone lent twice, and a chain that bites its own tail.
 */
export const slowRing: Part = {
  name: 'slow_ring',
  share: 0.011,
  plan(world, random, count) {
    for (const size of clusters(random, count, 4, 9)) planRing(world, random, size);
  },
};

function planRing(world: World, random: Random, size: number): void {
  const anybody = stranger(random);
  const home = homeSpot(random, anybody.place.country, random.chance(0.5));
  const head: Person = { ...anybody, spots: [home, mobileSpot(random, anybody.place)] };
  const {
    account: first,
    code,
    strike,
  } = ringleader(world, random, head, { fresh: 0.05, lasts: (size + 1) * 9 * DAY });
  const lent = knownDevice(random, random.pick(AGENTS));
  world.see(first, { at: strike - 30 * MINUTE, spot: home, device: lent });
  const closes = size >= 3 && random.chance(0.6);
  const moments = wakingSteps(random, head, strike, size, [2 * DAY, 9 * DAY]);
  const last = moments.at(-1) ?? strike;
  const slip = random.int(0, size - 1);
  let hand = code;
  for (const [i, at] of (closes ? moments.slice(0, -1) : moments).entries()) {
    const next = member();
    const account = world.recruit(random, hand, next, {
      at,
      scheme: 'slow_ring',
      habits: random.chance(0.6) ? honestHabits(random, at, 0.5) : falseHabits(random, at, 0.7),
      ...(i === slip && { device: lent }),
      ...(random.chance(0.15) && { spot: home }),
    });
    if (random.chance(0.6) && at + 2 * HOUR < last) hand = world.code(random, account, { type: 'auto', at: at + HOUR });
  }
  if (!closes) return;
  // The last hand of the chain refers the first.
  if (hand.owner === first) {
    const next = member();
    world.recruit(random, hand, next, { at: last, scheme: 'slow_ring' });
  } else {
    world.adopt(random, hand, first, { at: last, scheme: 'slow_ring' });
  }

  function member(): Person {
    const person = personIn(random, head.place);
    return { ...person, spots: [neighbourSpot(random, home), ...spotsOf(person).slice(1)] };
  }
}
