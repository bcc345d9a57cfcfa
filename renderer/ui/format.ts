import { shortName } from '../../core/domain/short-name.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const wholeNumber = new Intl.NumberFormat('en-GB');
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

export function number(value: number): string {
  return wholeNumber.format(value);
}

export function day(instant: string): string {
  return dayMonthYear.format(new Date(instant));
}

/** "12 Mar 09:14", with the year where it is not that of `now`. */
export function moment(instant: string, now: number): string {
  const date = new Date(instant);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return `${(sameYear ? dayAndMonth : dayMonthYear).format(date)} ${clock.format(date)}`;
}

/** Everything there is to know about an instant, for a tooltip. */
export function exactMoment(instant: string): string {
  return full.format(new Date(instant));
}

/** "40 min", "3 h", "5 d", "7 months", "2 years": one unit, rounded down. `milliseconds` may not be negative. */
export function span(milliseconds: number): string {
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  const days = Math.floor(milliseconds / DAY);
  if (days < 60) return `${days} d`;
  if (days < 730) return `${Math.floor(days / 30.44)} months`;
  return `${Math.floor(days / 365.25)} years`;
}

export function due(instant: string, now: number): { readonly text: string; readonly overdue: boolean } {
  const left = Date.parse(instant) - now;
  return left < 0 ? { text: `overdue ${span(-left)}`, overdue: true } : { text: `due ${span(left)}`, overdue: false };
}

export function age(instant: string, now: number): string {
  return span(Math.max(0, now - Date.parse(instant)));
}

/** "Lena Krüger" is "Lena K.": enough to recognise, short enough for a line. What cannot be shortened stands as it is. */
export function lineName(name: string): string {
  return shortName(name) ?? name;
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A stored word as it is read: `fraud_high` is "fraud high". */
export function words(stored: string): string {
  return stored.replaceAll('_', ' ');
}

/** A size on disk: "84 MB", "1.2 GB". */
export function size(bytes: number): string {
  const units = ['kB', 'MB', 'GB'] as const;
  let value = bytes / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[unit]}`;
}

/** Time left: "9 min", "40 s". */
export function remaining(milliseconds: number): string {
  return milliseconds < MINUTE
    ? `${Math.max(0, Math.floor(milliseconds / 1000))} s`
    : `${Math.floor(milliseconds / MINUTE)} min`;
}

/** "14:05", with the day where it is not that of `now`. */
export function clockTime(instant: string, now: number): string {
  const date = new Date(instant);
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : moment(instant, now);
}

/** "mira.rossi@acme" is "MR", "lena" is "LE": who it is, where there is room for two letters. */
export function initials(name: string): string {
  const parts = (name.split('@')[0] ?? name).split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
  const letters = parts.length > 1 ? parts.map((part) => part.slice(0, 1)).join('') : (parts[0] ?? name);
  return letters.slice(0, 2).toUpperCase();
}
