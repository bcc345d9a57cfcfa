import { mobileSpot } from '../addresses.ts';
import { deviceOf } from '../devices.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger } from '../people.ts';
import { friendlyMoment, newReferrer } from '../referrers.ts';
import { SECOND } from '../time.ts';

/** Friends on the same mobile network in the same town: its few public addresses meet by chance. */
export const carrier: Part = {
  name: 'carrier',
  share: 0.009,
  plan(world, random, count) {
    for (let i = 0; i < count; i++) {
      const first = stranger(random);
      const pool = mobileSpot(random, first.place);
      const corner = random.int(0, pool.v4.length - 8);
      const cell = { ...pool, v4: pool.v4.slice(corner, corner + 8) };
      const { account, code, from } = newReferrer(world, random, { ...first, spots: [cell, ...spotsOf(first)] });
      world.see(account, { at: from - 10 * SECOND, spot: cell, device: deviceOf(random, 'phone') });
      const friend = personIn(random, first.place);
      world.recruit(
        random,
        code,
        { ...friend, spots: [cell, ...spotsOf(friend)] },
        {
          at: friendlyMoment(world, random, friend, from, 150),
          group: 'carrier',
          spot: cell,
          device: deviceOf(random, 'phone'),
        },
      );
    }
  },
};
