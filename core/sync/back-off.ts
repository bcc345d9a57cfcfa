const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Milliseconds to rest after so many failures in a row, the first being 1. Full jitter: many clients that lost one server do not
 * come back at once. `random` is in [0, 1).
 */
export function backOff(failures: number, random: () => number): number {
  const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(failures, 16));
  return Math.round(SHORTEST_MS + random() * (most - SHORTEST_MS));
}
