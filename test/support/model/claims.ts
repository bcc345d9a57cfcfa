import { compare } from './moment.ts';
import { CLAIMS, DAY, EVENT_TYPES } from './seed.ts';
import type { Bonus, State } from './state.ts';

/** From when on each bonus of a referrer may be paid: at its own time, and 24 h after the hundredth before it was. */
export function payableTimes(state: State): ReadonlyMap<Bonus, number> {
  const payable = new Map<Bonus, number>();
  const referrers = Map.groupBy(
    [...state.referrals.values()].flatMap(({ bonuses }) => [...bonuses.values()]).filter((one) => !one.isReferees),
    ({ userId }) => userId,
  );
  for (const bonuses of referrers.values()) {
    const times: number[] = [];
    bonuses.sort(inEventOrder);
    for (const [index, bonus] of bonuses.entries()) {
      const earlier = index < CLAIMS ? Number.NEGATIVE_INFINITY : (times[index - CLAIMS] ?? 0) + DAY;
      times.push(Math.max(bonus.at, earlier));
      payable.set(bonus, times[index] ?? bonus.at);
    }
  }
  return payable;
}

/** What waits for the claim limit waits until its time by all bonuses known. */
export function moveWaits(state: State): void {
  for (const [bonus, from] of payableTimes(state)) if (bonus.holdReason === 'rate_limited') bonus.holdUntil = from;
}

function inEventOrder(a: Bonus, b: Bonus): number {
  return compare(a, b) || EVENT_TYPES.indexOf(a.eventType) - EVENT_TYPES.indexOf(b.eventType);
}
