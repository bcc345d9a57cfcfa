import { homeSpot, mobileSpot } from '../addresses.ts';
import { deviceOf, hidden } from '../devices.ts';
import { nameOf } from '../names.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { stranger, usualDevice } from '../people.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import { falseHabits, ringleader, steps, wakingSteps } from './ringleader.ts';

/** One person invites themselves again and again, from the sofa. */
export const manyAccounts: Part = {
  name: 'many_accounts',
  share: 0.0115,
  plan(world, random, count) {
    for (const size of clusters(random, count, 2, 8)) {
      const anybody = stranger(random);
      const home = homeSpot(random, anybody.place.country, false);
      const mobile = mobileSpot(random, anybody.place);
      const person = { ...anybody, spots: [home, mobile] };
      const hasty = random.chance(0.4);
      const careful = random.chance(0.5);
      const lasts = size * (hasty ? 40 * MINUTE : 6 * DAY);
      const { account, code, strike } = ringleader(world, random, person, { fresh: 0.25, lasts });
      world.see(account, { at: strike - 6 * MINUTE, spot: home, device: usualDevice(random, person) });
      const moments = hasty
        ? steps(random, strike, size, 2 * MINUTE, 40 * MINUTE)
        : wakingSteps(random, person, strike, size, [5 * HOUR, 6 * DAY]);
      for (const at of moments) {
        const alias = random.chance(0.35) ? person.name : nameOf(random, person.place.locale);
        const own = usualDevice(random, person);
        const device = random.chance(careful ? 0.12 : 0.7)
          ? own
          : random.chance(0.5)
            ? hidden(own)
            : deviceOf(random, 'phone');
        const email = random.chance(careful ? 0.25 : 0.6)
          ? world.emails.variant(random, account.email)
          : world.emails.personal(random, alias, person.place.locale);
        world.recruit(
          random,
          code,
          { ...person, name: alias, devices: [device] },
          {
            at,
            scheme: 'many_accounts',
            email,
            device,
            spot: random.chance(careful ? 0.6 : 0.85) ? home : mobile,
            habits: falseHabits(random, at),
          },
        );
      }
    }
  },
};
