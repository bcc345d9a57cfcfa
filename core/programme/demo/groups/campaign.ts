import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { stranger } from '../people.ts';
import { DAY, HOUR } from '../time.ts';

const CHANNELS = ['podcast', 'newsletter', 'fair', 'creator', 'students', 'press'];
/** Far below the fifty a day that one code takes, even on the best day. */
const PER_DAY = 7;

/** The marketing people's own codes, with an end or a number of uses. */
export const campaign: Part = {
  name: 'campaign',
  share: 0.035,
  plan(world, random, count) {
    for (const size of clusters(random, count, 60, 180)) {
      const colleague = stranger(random);
      const owner = world.join(random, colleague, {
        at: Math.floor(world.start - random.between(20 * DAY, 200 * DAY)),
        email: world.emails.personal(random, colleague.name, colleague.place.locale, 'umpire-demo.example'),
      });
      const days = Math.ceil(size / PER_DAY) + random.int(4, 15);
      const opens = Math.floor(world.start + random.between(2, 262 - days) * DAY);
      const closes = opens + days * DAY;
      const moments = Array.from({ length: size }, () => {
        const fan = stranger(random);
        return { fan, at: world.calendar.signUp(random, fan.place.zone, opens + HOUR, closes - HOUR) };
      });
      const lastUse = Math.max(...moments.map(({ at }) => at));
      const full = random.chance(0.4);
      const code = world.code(random, owner, {
        type: 'campaign',
        at: opens,
        channel: random.pick(CHANNELS),
        ...(full ? { maxUses: size } : { expiresAt: closes }),
      });
      for (const { fan, at } of moments) world.recruit(random, code, fan, { at, group: 'campaign' });
      world.campaigns.push({ code, lastUse, full });
    }
  },
};
