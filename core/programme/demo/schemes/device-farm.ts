import { mobileSpot, proxySpot, rentedSpot } from '../addresses.ts';
import { FARM_PHONES, HEADLESS } from '../data/agents.ts';
import { RENTED } from '../data/networks.ts';
import { DISPOSABLE } from '../data/mail.ts';
import { knownDevice } from '../devices.ts';
import { nameOf } from '../names.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { stranger } from '../people.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import { falseHabits, ringleader, steps } from './ringleader.ts';

/** A rack of old phones, or browsers without a screen, works off a list of names. */
export const deviceFarm: Part = {
  name: 'device_farm',
  share: 0.009,
  plan(world, random, count) {
    for (const size of clusters(random, count, 8, 17)) {
      const machines = random.chance(0.3);
      const rack = Array.from({ length: random.int(2, 6) }, () =>
        knownDevice(random, machines ? HEADLESS : random.pick(FARM_PHONES)),
      );
      const boss = stranger(random);
      const rents = machines || random.chance(0.15);
      const exits = rents
        ? rentedSpot(random, random.pick([RENTED.wide, RENTED.unlisted]), 'datacenter', 12, boss.place.country)
        : proxySpot(random, 30, random.chance(0.45) ? 'proxy' : 'residential');
      const lasts = size * 9 * HOUR;
      const person = { ...boss, spots: [exits], devices: rack };
      const { account, code, strike } = ringleader(world, random, boss, { fresh: 0.35, lasts });
      // The boss tries some of the phones out; only those give the farm away by themselves.
      for (const device of rack.slice(0, random.int(1, Math.ceil(rack.length / 2)))) {
        world.see(account, { at: strike - random.int(6, 30) * MINUTE, spot: mobileSpot(random, boss.place), device });
      }
      const plausible = random.chance(0.55);
      const domain = random.chance(0.25)
        ? random.pick(DISPOSABLE)
        : random.pick(['outlook.com', 'mail.com', 'gmail.com']);
      for (const at of steps(random, strike, size, 3 * MINUTE, 9 * HOUR)) {
        const device = random.pick(rack);
        const name = nameOf(random, boss.place.locale);
        world.recruit(
          random,
          code,
          { ...person, name, devices: [device] },
          {
            at,
            scheme: 'device_farm',
            email: plausible
              ? world.emails.personal(random, name, boss.place.locale, domain)
              : world.emails.machine(random, domain),
            device,
            spot: exits,
            habits: { ...falseHabits(random, at, 0.15), leaves: at + 2 * DAY },
          },
        );
      }
    }
  },
};
