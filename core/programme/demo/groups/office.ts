import { sharedSpot } from '../addresses.ts';
import { INSTITUTIONS } from '../data/mail.ts';
import { deviceOf } from '../devices.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger, usualSpot } from '../people.ts';
import { friendlyMoment, newReferrer } from '../referrers.ts';
import { DAY, MINUTE, SECOND } from '../time.ts';

/** Colleagues behind one company address; some offices sign up together over lunch. */
export const office: Part = {
  name: 'office',
  share: 0.013,
  plan(world, random, count) {
    for (const size of clusters(random, count, 4, 11)) {
      const anybody = stranger(random);
      const building = sharedSpot(random, anybody.place.country, random.int(1, 2));
      const domain = random.pick(INSTITUTIONS[anybody.place.locale].companies);
      const first = { ...anybody, spots: [building, ...spotsOf(anybody)] };
      const { account, code, from } = newReferrer(world, random, first, 10 * DAY);
      const together = random.chance(0.14);
      const lunch = friendlyMoment(world, random, first, from + DAY, 60);
      world.see(account, {
        at: together ? lunch - MINUTE : from - 15 * SECOND,
        spot: building,
        device: deviceOf(random, 'desktop'),
      });
      for (let i = 0; i < size; i++) {
        const colleague = personIn(random, first.place);
        const at = together
          ? Math.min(world.until, lunch + Math.floor(((i + random.next()) * 50 * MINUTE) / size))
          : friendlyMoment(world, random, colleague, from, 120);
        world.recruit(
          random,
          code,
          { ...colleague, spots: [...spotsOf(colleague), building] },
          {
            at,
            group: 'office',
            spot: together || random.chance(0.36) ? building : usualSpot(random, colleague),
            ...(random.chance(0.7) && {
              email: world.emails.personal(random, colleague.name, colleague.place.locale, domain),
            }),
          },
        );
      }
    }
  },
};
