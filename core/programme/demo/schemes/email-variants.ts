import { vpnSpot } from '../addresses.ts';
import { deviceOf, hidden } from '../devices.ts';
import { kinOf } from '../names.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, stranger } from '../people.ts';
import { DAY, HOUR } from '../time.ts';
import { falseHabits, ringleader, wakingSteps } from './ringleader.ts';

/** One mailbox in many spellings; the address and the browser are changed each time. */
export const emailVariants: Part = {
  name: 'email_variants',
  share: 0.0115,
  plan(world, random, count) {
    for (const size of clusters(random, count, 3, 9)) {
      const person = stranger(random);
      const domain = random.chance(0.65) ? 'gmail.com' : 'outlook.com';
      const email = world.emails.personal(random, person.name, person.place.locale, domain);
      const lasts = size * 4 * DAY;
      const { account, code, strike } = ringleader(world, random, person, { fresh: 0.4, lasts, email });
      const tunnel = random.chance(0.35) ? vpnSpot(random, person.place.country) : null;
      for (const at of wakingSteps(random, person, strike, size, [2 * HOUR, 4 * DAY])) {
        const mask = personIn(random, person.place);
        const name = random.chance(0.5) ? person.name : kinOf(random, person.place.locale, person.name);
        const device = random.chance(0.4) ? hidden(deviceOf(random, 'desktop')) : deviceOf(random, 'phone');
        world.recruit(
          random,
          code,
          { ...mask, name, devices: [device] },
          {
            at,
            scheme: 'email_variants',
            email: world.emails.variant(random, account.email),
            device,
            ...(tunnel !== null && { spot: tunnel }),
            habits: falseHabits(random, at, 0.4),
          },
        );
      }
    }
  },
};
