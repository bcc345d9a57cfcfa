import { proxySpot } from '../addresses.ts';
import { DISPOSABLE, FRESH_DISPOSABLE } from '../data/mail.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { stranger } from '../people.ts';
import { HOUR, MINUTE, SECOND } from '../time.ts';
import { falseHabits, ringleader, steps } from './ringleader.ts';

/** What one referrer may bring in a day (SPEC 2). */
const A_DAY = 20;

/** A code posted where people register for pay: all within the hour, then silence. */
export const burst: Part = {
  name: 'burst',
  share: 0.01,
  plan(world, random, count) {
    for (const size of clusters(random, count, 6, A_DAY)) {
      const person = stranger(random);
      const { code, strike } = ringleader(world, random, person, { fresh: 0.3, lasts: HOUR });
      const throwaway = random.chance(0.3) ? random.pick([...DISPOSABLE, ...FRESH_DISPOSABLE]) : undefined;
      const pace = (52 * MINUTE) / size;
      const moments = steps(random, strike, size, 8 * SECOND, 2 * pace);
      for (const at of moments) {
        const hired = stranger(random);
        const masked = random.chance(0.2);
        const locale = hired.place.locale;
        world.recruit(random, code, hired, {
          at,
          scheme: 'burst',
          ...(throwaway !== undefined && {
            email: world.emails.personal(random, hired.name, locale, throwaway),
          }),
          ...(masked && { spot: proxySpot(random, 1, 'proxy') }),
          habits: falseHabits(random, at, 0.12),
        });
      }
      if (size === A_DAY) overshoot(moments.at(-1) ?? strike);

      /** Those who come after the twentieth are refused. */
      function overshoot(last: number): void {
        for (let i = 0; i < 3; i++) {
          const late = stranger(random);
          const at = last + random.int(2, 90) * MINUTE;
          if (at + MINUTE >= world.until) continue;
          const account = world.join(random, late, { at: at - 30 * SECOND });
          world.attempt(random, code, account, at);
        }
      }
    }
  },
};
