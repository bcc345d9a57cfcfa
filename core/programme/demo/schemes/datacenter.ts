import { rentedSpot, torSpot, vpnSpot } from '../addresses.ts';
import { HEADLESS } from '../data/agents.ts';
import { DISPOSABLE, FRESH_DISPOSABLE } from '../data/mail.ts';
import { RENTED } from '../data/networks.ts';
import { deviceOf, deviceWith } from '../devices.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { stranger } from '../people.ts';
import { DAY, MINUTE } from '../time.ts';
import { falseHabits, ringleader, steps } from './ringleader.ts';

/** Accounts made on rented servers with mailboxes that live for ten minutes. */
export const datacenter: Part = {
  name: 'datacenter',
  share: 0.009,
  plan(world, random, count) {
    for (const size of clusters(random, count, 4, 12)) {
      const person = stranger(random);
      const { code, strike } = ringleader(world, random, person, { fresh: 0.3, lasts: size * 2 * DAY });
      const way = random.next();
      const exits =
        way < 0.6
          ? rentedSpot(random, random.pick(Object.values(RENTED)), 'datacenter', 40, person.place.country)
          : way < 0.9
            ? vpnSpot(random, person.place.country)
            : torSpot();
      const domains = random.sample([...DISPOSABLE, ...FRESH_DISPOSABLE], 3);
      const scripted = random.chance(0.2);
      for (const at of steps(random, strike, size, 10 * MINUTE, 2 * DAY)) {
        const mask = stranger(random);
        const device = scripted ? deviceWith(random, HEADLESS) : deviceOf(random, 'desktop');
        const email = random.chance(0.8)
          ? world.emails.personal(random, mask.name, mask.place.locale, random.pick(domains))
          : world.emails.personal(random, mask.name, mask.place.locale);
        world.recruit(
          random,
          code,
          { ...mask, place: person.place, spots: [exits], devices: [device] },
          { at, scheme: 'datacenter', email, device, spot: exits, habits: falseHabits(random, at, 0.35) },
        );
      }
    }
  },
};
