import { DAY, HOUR, MINUTE } from './time.ts';

/** A time zone by rule, so that no ICU version can change a generated file. */
export type Zone = {
  /** Standard offset from UTC. */
  readonly minutes: number;
  readonly summer: 'none' | 'eu' | 'us';
};

export const UTC: Zone = { minutes: 0, summer: 'none' };

/** Minutes ahead of UTC at that instant. */
export function offsetAt(zone: Zone, at: number): number {
  if (zone.summer === 'none') return zone.minutes;
  const { from, to } = summerOf(zone.summer, new Date(at).getUTCFullYear());
  // The EU changes at one instant; in the US each zone does at its own two o'clock.
  const shift = zone.summer === 'us' ? zone.minutes * MINUTE : 0;
  return at >= from - shift && at < to - shift ? zone.minutes + 60 : zone.minutes;
}

/** ISO 8601 with the zone's offset. */
export function isoAt(at: number, zone: Zone): string {
  const offset = offsetAt(zone, at);
  const local = new Date(at + offset * MINUTE).toISOString().slice(0, -1);
  if (offset === 0) return `${local}Z`;
  const size = Math.abs(offset);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
}

type Summer = { readonly from: number; readonly to: number };
const summers = new Map<string, Summer>();

function summerOf(rule: 'eu' | 'us', year: number): Summer {
  const key = `${rule}${year}`;
  const known = summers.get(key);
  if (known !== undefined) return known;
  const summer =
    rule === 'eu'
      ? {
          from: sundayFrom(Date.UTC(year, 2, 25)) + HOUR,
          to: sundayFrom(Date.UTC(year, 9, 25)) + HOUR,
        }
      : {
          from: sundayFrom(Date.UTC(year, 2, 8)) + 2 * HOUR,
          to: sundayFrom(Date.UTC(year, 10, 1)) + HOUR,
        };
  summers.set(key, summer);
  return summer;
}

/** The first Sunday on or after a day. */
function sundayFrom(day: number): number {
  return day + ((7 - new Date(day).getUTCDay()) % 7) * DAY;
}
