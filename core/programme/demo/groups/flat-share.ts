import { homeSpot } from '../addresses.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger } from '../people.ts';
import type { Person } from '../people.ts';
import { friendlyMoment, newReferrer } from '../referrers.ts';

/** People who share a kitchen and its Wi-Fi, and nothing else. */
export const flatShare: Part = {
  name: 'flat_share',
  share: 0.01,
  plan(world, random, count) {
    for (const size of clusters(random, count, 1, 4)) {
      const first = stranger(random);
      const flat = homeSpot(random, first.place.country, random.chance(0.35));
      const { code, from } = newReferrer(world, random, atHome(first));
      for (let i = 0; i < size; i++) {
        const mate = atHome(personIn(random, first.place));
        world.recruit(random, code, mate, {
          at: friendlyMoment(world, random, mate, from, 60),
          group: 'flat_share',
          spot: random.chance(0.35) ? flat : random.pick(spotsOf(mate)),
        });
      }

      function atHome(person: Person): Person {
        return { ...person, spots: [flat, ...spotsOf(person).slice(1)] };
      }
    }
  },
};
