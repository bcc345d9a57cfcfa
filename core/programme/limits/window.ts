import { MINUTE, type Micros } from '../instant.ts';

/** So many accepted calls in (at − window, at]. */
export type RateLimit = { readonly limit: number; readonly windowMinutes: number };

export function windowOf(rule: RateLimit): Micros {
  return rule.windowMinutes * MINUTE;
}

/**
 * Whether one more at `at` would be too many: in its own window (at − window, at], or in that of a later one that
 * stands, which this one would fall into. `taken` are the accepted ones, in any order.
 */
export function isFull(taken: readonly Micros[], at: Micros, rule: RateLimit): boolean {
  const window = windowOf(rule);
  const inWindowOf = (end: Micros): number => taken.filter((time) => time > end - window && time <= end).length;
  if (inWindowOf(at) >= rule.limit) return true;
  return taken.some((time) => time > at && time < at + window && inWindowOf(time) >= rule.limit);
}

export type Call = {
  readonly at: Micros;
  /** Null where it is to be judged. */
  readonly accepted: boolean | null;
};

/** Which calls of one identifier are accepted, given all of them in (at, id) order: each one that its window has room for. */
export function judgeCalls(calls: readonly Call[], rule: RateLimit): boolean[] {
  const window = windowOf(rule);
  const taken: Micros[] = [];
  let oldest = 0;
  return calls.map(({ at, accepted }) => {
    while (oldest < taken.length && (taken[oldest] ?? at) <= at - window) oldest += 1;
    const verdict = accepted ?? taken.length - oldest < rule.limit;
    if (verdict) taken.push(at);
    return verdict;
  });
}
