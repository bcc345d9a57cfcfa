import { honestHabits } from './habits.ts';
import { clusters } from './parts.ts';
import type { Part } from './parts.ts';
import { friendOf, stranger } from './people.ts';
import { friendlyMoment } from './referrers.ts';
import { DAY, HOUR } from './time.ts';

/** The few with an audience: forty friends and more, who know what they sign up for. */
export const champions: Part = {
  name: 'champions',
  share: 0.06,
  plan(world, random, count) {
    for (const size of clusters(random, count, 42, 120)) {
      const person = stranger(random);
      const at = Math.floor(world.start - random.between(DAY, 200 * DAY));
      const account = world.join(random, person, { at });
      const opens = world.start + random.between(HOUR, 60 * DAY);
      const code = world.code(random, account, { type: 'custom', at: Math.floor(opens) });
      for (let i = 0; i < size; i++) {
        const fan = friendOf(random, person);
        const signsUp = friendlyMoment(world, random, fan, code.createdAt + HOUR, 260);
        world.recruit(random, code, fan, { at: signsUp, habits: honestHabits(random, signsUp, 0.6) });
      }
    }
  },
};
