import { sharedSpot } from '../addresses.ts';
import { INSTITUTIONS } from '../data/mail.ts';
import { clusters } from '../parts.ts';
import type { Part } from '../parts.ts';
import { personIn, spotsOf, stranger, usualDevice, usualSpot } from '../people.ts';
import type { Person } from '../people.ts';
import { friendlyMoment, newReferrer, referrerOf } from '../referrers.ts';
import type { Referrer } from '../referrers.ts';
import { DAY, MINUTE } from '../time.ts';

/** Students tell each other; the whole campus comes out at a handful of addresses. */
export const campus: Part = {
  name: 'campus',
  share: 0.018,
  plan(world, random, count) {
    for (const size of clusters(random, count, 8, 28)) {
      const first = stranger(random);
      const net = sharedSpot(random, first.place.country, random.int(3, 6));
      const domain = INSTITUTIONS[first.place.locale].university;
      const circle: Referrer[] = [newReferrer(world, random, enrolled(first), 30 * DAY)];
      for (let i = 0; i < size; i++) {
        const { account, code, from } = random.pick(circle);
        const student = enrolled(personIn(random, first.place));
        const at = friendlyMoment(world, random, student, from, 90);
        const onCampus = random.chance(0.45);
        if (onCampus && at - from > 10 * MINUTE) {
          world.see(account, { at: at - 5 * MINUTE, spot: net, device: usualDevice(random, account.person) });
        }
        const mate = world.recruit(random, code, student, {
          at,
          group: 'campus',
          spot: onCampus ? net : usualSpot(random, student),
          ...(random.chance(0.45) && {
            email: world.emails.personal(random, student.name, student.place.locale, domain),
          }),
        });
        if (random.chance(0.3) && at < world.until - 20 * DAY) circle.push(referrerOf(world, random, mate));
      }

      function enrolled(person: Person): Person {
        return { ...person, spots: [...spotsOf(person), net] };
      }
    }
  },
};
