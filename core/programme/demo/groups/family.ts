import { homeSpot, mobileSpot } from '../addresses.ts';
import { deviceOf } from '../devices.ts';
import { kinOf, nameOf } from '../names.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger } from '../people.ts';
import type { Person } from '../people.ts';
import type { Random } from '../prng.ts';
import { friendlyMoment, newReferrer } from '../referrers.ts';
import { MINUTE, SECOND } from '../time.ts';

/** Parents, children, couples: one line at home, devices of their own, now and then a tablet for all. */
export const family: Part = {
  name: 'family',
  share: 0.022,
  plan(world, random, count) {
    for (const size of clusters(random, count, 1, 3)) {
      const anybody = stranger(random);
      const home = homeSpot(random, anybody.place.country, random.chance(0.3));
      const parent: Person = { ...anybody, spots: [home, mobileSpot(random, anybody.place)] };
      const tablet = random.chance(0.12) ? deviceOf(random, 'tablet') : null;
      const { account, code, from } = newReferrer(world, random, parent);
      if (tablet !== null) world.see(account, { at: from - 20 * SECOND, spot: home, device: tablet });
      for (let i = 0; i < size; i++) {
        const member = relative(random, parent);
        const couch = i === 0 && random.chance(0.08);
        const at = couch
          ? from + random.int(10, 170) * SECOND
          : friendlyMoment(world, random, member, from + MINUTE, 120);
        world.recruit(random, code, member, {
          at,
          group: 'family',
          spot: couch || random.chance(0.42) ? home : mobileSpot(random, member.place),
          ...(tablet !== null && random.chance(0.7) && { device: tablet }),
        });
      }
    }
  },
};

function relative(random: Random, parent: Person): Person {
  const { place } = parent;
  const name = random.chance(0.75) ? kinOf(random, place.locale, parent.name) : nameOf(random, place.locale);
  return { ...personIn(random, place), name, spots: spotsOf(parent) };
}
