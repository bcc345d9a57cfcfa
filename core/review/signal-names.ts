import { z } from 'zod';
import { FRAUD_SIGNALS } from '../domain/constants.ts';

const list = z.array(z.string());

/** The names in a `fraud_signals` column; what is not a JSON array of texts holds none. */
export function signalNames(stored: string | null): readonly string[] {
  if (stored === null) return [];
  try {
    const parsed = list.safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

/** Most points first; equal ones keep the seed's order, patterns last, so that the order is total. */
export function byPoints(names: readonly string[], points: { readonly [name: string]: number }): string[] {
  const order = Object.keys(FRAUD_SIGNALS);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].sort(
    (a, b) => pointsOf(b, points) - pointsOf(a, points) || rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0),
  );
}

/** Points of the evidence; for a signal that an old item names and the evidence no longer has, those of the seed. */
export function pointsOf(name: string, points: { readonly [name: string]: number }): number {
  const seed: { readonly [name: string]: number } = FRAUD_SIGNALS;
  return points[name] ?? seed[name] ?? 0;
}
