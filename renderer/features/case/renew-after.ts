const SOONEST_MS = 25_000;
const LATEST_MS = 120_000;

/**
 * Milliseconds until a claim is renewed: half of what is left of it. Bounded, because of clocks that are set meanwhile: too soon costs
 * a call, too late loses the claim.
 */
export function renewAfter(until: string | null, now: number): number {
  const half = until === null ? LATEST_MS : (Date.parse(until) - now) / 2;
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, half));
}
