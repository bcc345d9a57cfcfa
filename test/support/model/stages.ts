import type { Facts } from './facts.ts';
import { isBefore, type Moment } from './moment.ts';
import { DAY, MINUTE } from './seed.ts';
import type { Referral } from './state.ts';

/** Sets the stages of a referral from all facts known; what waits for the clock is reached once, and stays so. */
export function setStages(referral: Referral, facts: Facts, now: number): void {
  const usages = (facts.usages.get(referral.refereeId) ?? []).filter(({ at }) => at >= referral.at);
  const purchase = (facts.purchases.get(referral.refereeId) ?? []).find(({ at }) => at >= referral.at);
  const qualified = purchase === undefined ? null : { at: purchase.at, id: purchase.id };

  const earliest = referral.at + 5 * MINUTE;
  const first = usages[0];
  // A stage already reached, or a purchase after it, says that the moment has come, whatever the clock says.
  const hasCome = now >= earliest || referral.activated !== null || (qualified !== null && qualified.at >= earliest);
  const counts = first !== undefined && (first.at >= earliest || hasCome);
  const used = counts ? { at: Math.max(first.at, earliest), id: first.id } : null;

  referral.activated = earlier(used, qualified);
  referral.qualified = qualified;
  referral.retained = retention(referral, qualified, usages, now);
}

function retention(
  referral: Referral,
  qualified: Moment | null,
  usages: readonly Moment[],
  now: number,
): Moment | null {
  if (qualified === null) return null;
  const ripe = Math.max(referral.at + 30 * DAY, qualified.at);
  const usage = usages.find(({ at }) => at >= ripe - 7 * DAY);
  if (usage === undefined) return null;
  const at = Math.max(ripe, usage.at);
  return now >= at || referral.retained !== null ? { at, id: usage.id } : null;
}

function earlier(a: Moment | null, b: Moment | null): Moment | null {
  if (a === null || b === null) return a ?? b;
  return isBefore(b, a) ? b : a;
}

export function stageOf({ activated, qualified, retained }: Referral): string {
  if (retained !== null) return 'retained';
  if (qualified !== null) return 'qualified';
  return activated === null ? 'registered' : 'activated';
}
