import { vpnSpot } from '../addresses.ts';
import { PLACES } from '../data/places.ts';
import type { Part } from '../parts.ts';
import { friendOf, spotsOf, stranger } from '../people.ts';
import { friendlyMoment, newReferrer } from '../referrers.ts';

/** People on the road, or fond of their privacy, who sign up through a VPN. */
export const traveller: Part = {
  name: 'traveller',
  share: 0.014,
  plan(world, random, count) {
    for (let i = 0; i < count; i++) {
      const host = stranger(random);
      const { code, from } = newReferrer(world, random, host);
      const guest = friendOf(random, host);
      const tunnel = vpnSpot(random, random.pick(PLACES).country);
      world.recruit(
        random,
        code,
        { ...guest, spots: [...spotsOf(guest), tunnel] },
        {
          at: friendlyMoment(world, random, guest, from, 150),
          group: 'traveller',
          spot: tunnel,
        },
      );
    }
  },
};
