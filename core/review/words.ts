import { shortHash } from '../domain/short-hash.ts';
import type { Words } from '../engine/signal.ts';

const SECOND = 1000;
const UNITS = [
  { name: 'd', length: 24 * 60 * 60 * SECOND },
  { name: 'h', length: 60 * 60 * SECOND },
  { name: 'min', length: 60 * SECOND },
  { name: 's', length: SECOND },
] as const;

/** The words of evidence for a reader in this time zone; a year is told where it is not the one of `now`. */
export function wordsFor(zone: string, now: Date): Words {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short' });
  const dayOfYear = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const year = new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric' });
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return {
    time: (iso) => {
      const at = new Date(String(iso));
      if (Number.isNaN(at.getTime())) return 'an unknown time';
      const date = year.format(at) === year.format(now) ? day : dayOfYear;
      return `${date.format(at)}, ${clock.format(at)}`;
    },
    span,
    short: (hash) => (typeof hash === 'string' ? shortHash(hash) : 'unknown'),
  };
}

/** The two largest units of a span, `4 min 10 s`; nothing of a second is `0 s`. */
function span(milliseconds: number): string {
  let left = Math.max(0, Math.floor(milliseconds / SECOND) * SECOND);
  const parts: string[] = [];
  for (const { name, length } of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
