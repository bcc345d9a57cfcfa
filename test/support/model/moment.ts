/** Where an event stands in the order of all: by time, then by id, bytewise. */
export type Moment = { readonly at: number; readonly id: string };

export function compare(a: Moment, b: Moment): number {
  return a.at - b.at || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

export function isBefore(a: Moment, b: Moment): boolean {
  return compare(a, b) < 0;
}

const FRACTION = /\.(\d{1,6})\d*Z$/;

/** Microseconds of an instant in UTC, `2026-03-10T12:00:00.000001Z`. */
export function microsOf(iso: string): number {
  const fraction = FRACTION.exec(iso)?.[1] ?? '';
  return Date.parse(iso.replace(FRACTION, 'Z')) * 1000 + Number(fraction.padEnd(6, '0'));
}

export function isoOf(micros: number): string {
  const millis = Math.floor(micros / 1000);
  return `${new Date(millis).toISOString().slice(0, -1)}${String(micros - millis * 1000).padStart(3, '0')}Z`;
}

/** The UTC day of an instant. */
export function dayOf(micros: number): string {
  return isoOf(micros).slice(0, 10);
}
