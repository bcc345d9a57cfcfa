import type { Random } from './prng.ts';
import { DAY, HOUR, MINUTE } from './time.ts';
import { offsetAt } from './zones.ts';
import type { Zone } from './zones.ts';

/** How long a programme has been running when it is generated. */
export const PROGRAMME_DAYS = 270;

/** How many people sign up by weekday, from Sunday, and by local hour. */
const WEEK = [1.18, 0.98, 0.94, 0.96, 0.97, 0.93, 1.12];
const HOURS = [14, 7, 4, 2, 2, 4, 12, 26, 38, 44, 47, 50, 56, 52, 48, 48, 52, 60, 70, 80, 88, 84, 62, 32].map(
  (weight, hour) => ({ weight, hour }),
);

/** The programme's days, busier ones more often drawn: growth, the rhythm of the week, good and bad days. */
export class Calendar {
  readonly start: number;
  readonly until: number;
  /** Weight of all days before each day. */
  readonly #before: number[] = [0];

  constructor(random: Random, until: number) {
    this.until = until;
    this.start = until - PROGRAMME_DAYS * DAY;
    let sum = 0;
    for (let day = 0; day < PROGRAMME_DAYS; day++) {
      const share = day / PROGRAMME_DAYS;
      const growth = 0.25 + 0.55 * share + 0.6 * share * share;
      const weekday = WEEK[new Date(this.start + day * DAY).getUTCDay()] ?? 1;
      const press = random.chance(0.02) ? 1.7 : 1;
      sum += growth * weekday * press * random.between(0.85, 1.15);
      this.#before.push(sum);
    }
  }

  /** When somebody who could sign up from `from` to `to` does so, at a waking hour where they live. */
  signUp(random: Random, zone: Zone, from: number, to: number): number {
    const low = this.#weightAt(from);
    const high = this.#weightAt(to);
    for (let attempt = 0; attempt < 6; attempt++) {
      const at = hourOf(random, zone, this.start + this.#dayOf(random.between(low, high)) * DAY);
      if (at >= from && at <= to) return at;
    }
    return whole(random.between(from, to));
  }

  #weightAt(at: number): number {
    const day = Math.min(PROGRAMME_DAYS, Math.max(0, (at - this.start) / DAY));
    const lower = Math.floor(day);
    const before = this.#before[lower] ?? 0;
    return before + (day - lower) * ((this.#before[lower + 1] ?? before) - before);
  }

  #dayOf(weight: number): number {
    let low = 0;
    let high = PROGRAMME_DAYS - 1;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      if ((this.#before[middle] ?? 0) <= weight) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Some waking moment between two instants. */
export function wakingMoment(random: Random, zone: Zone, from: number, to: number, power = 1): number {
  if (to - from < DAY) return whole(random.skewed(from, to, power));
  for (let attempt = 0; attempt < 4; attempt++) {
    const at = hourOf(random, zone, random.skewed(from, to, power));
    if (at >= from && at <= to) return at;
  }
  return whole(random.skewed(from, to, power));
}

/** A moment of the local day that `near` lies in. */
function hourOf(random: Random, zone: Zone, near: number): number {
  const offset = offsetAt(zone, near) * MINUTE;
  const midnight = Math.floor((near + offset) / DAY) * DAY - offset;
  return whole(midnight + (random.weighted(HOURS).hour + random.next()) * HOUR);
}

function whole(at: number): number {
  return Math.floor(at);
}
