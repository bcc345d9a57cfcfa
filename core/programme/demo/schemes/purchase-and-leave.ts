import { hollowHabits } from '../habits.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { friendOf, stranger } from '../people.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import { ringleader, wakingSteps } from './ringleader.ts';

/** Accounts that buy the smallest pack at once, earn their referrer the bonus and are never seen again. */
export const purchaseAndLeave: Part = {
  name: 'purchase_and_leave',
  share: 0.0105,
  plan(world, random, count) {
    for (const size of clusters(random, count, 3, 9)) {
      const person = stranger(random);
      const { code, strike } = ringleader(world, random, person, { fresh: 0.25, lasts: size * 3 * DAY });
      for (const at of wakingSteps(random, person, strike, size, [HOUR, 3 * DAY])) {
        const mask = friendOf(random, person);
        world.recruit(random, code, mask, {
          at,
          scheme: 'purchase_and_leave',
          habits: hollowHabits(random, at, {
            uses: random.chance(0.3) ? 1 : 0,
            buysAfter: Math.floor(random.skewed(4 * MINUTE, random.chance(0.8) ? 14 * HOUR : 40 * HOUR)),
          }),
        });
      }
    }
  },
};
