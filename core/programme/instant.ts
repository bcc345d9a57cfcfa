/** Instants as microseconds since 1970, which is what PostgreSQL keeps; a JavaScript number holds them exactly. */
export type Micros = number;

const FRACTION = /\.(\d+)/;

/** Microseconds of an ISO 8601 date-time with zone; digits beyond the sixth are cut. */
export function microsOf(iso: string): Micros {
  const fraction = FRACTION.exec(iso)?.[1] ?? '';
  const whole = Date.parse(iso.replace(FRACTION, ''));
  return whole * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** ISO 8601 in UTC with six digits, e.g. `2026-03-12T09:14:00.000000Z`. */
export function isoOf(micros: Micros): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(rest).padStart(6, '0')}Z`;
}

export const MINUTE: Micros = 60 * 1_000_000;
export const HOUR: Micros = 60 * MINUTE;
export const DAY: Micros = 24 * HOUR;

/** SQL for a `timestamptz` expression in microseconds, exactly, as text. */
export const microsSql = (expression: string): string => `(extract(epoch FROM ${expression}) * 1000000)::bigint::text`;
