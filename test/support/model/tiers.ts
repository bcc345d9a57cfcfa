import { isBefore, type Moment } from './moment.ts';
import { TIERS } from './seed.ts';
import type { Referral, State } from './state.ts';

export function tierOf(qualified: number): (typeof TIERS)[number] {
  const tier = TIERS.find(({ from }) => qualified >= from);
  if (tier === undefined) throw new Error(`no tier for ${qualified} qualified`);
  return tier;
}

/** Qualified referrals of each referrer that are not rejected. */
export function qualifiedOf(state: State): Map<string, Referral[]> {
  const counted = [...state.referrals.values()].filter(
    ({ qualified, isRejected }) => qualified !== null && !isRejected,
  );
  return Map.groupBy(counted, ({ referrerId }) => referrerId);
}

/** How many of them count for a bonus of `own` at that moment: those qualified before it, `own` left out. */
export function countedBefore(qualified: readonly Referral[], own: Referral, moment: Moment): number {
  return qualified.filter((other) => other !== own && other.qualified !== null && isBefore(other.qualified, moment))
    .length;
}
