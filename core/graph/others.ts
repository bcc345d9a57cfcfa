import type { SeenAt } from './neighbours.ts';
import { type Place, placeId } from './places.ts';

/** A device in common says more than an address, and an address the less the more people use it. */
const WEIGHT = { device: 10, address: 6, burst: 4, bothPeople: 5 } as const;

/** Other users around a case, the most telling first; equal ones by id, so that a case looks the same each time. */
export function rankOthers(around: {
  readonly people: readonly string[];
  readonly places: readonly Place[];
  readonly seen: readonly SeenAt[];
  readonly burst: readonly string[];
}): string[] {
  const places = new Map(around.places.map((place) => [placeId(place.kind, place.hash), place]));
  const weights = new Map<string, number>();
  const add = (user: string, weight: number): void => {
    if (!around.people.includes(user)) weights.set(user, (weights.get(user) ?? 0) + weight);
  };
  for (const { kind, hash, user_id: user } of around.seen) {
    const place = places.get(placeId(kind, hash));
    if (place === undefined) continue;
    const both = place.seenBy.size > 1 ? WEIGHT.bothPeople : 0;
    add(user, (WEIGHT[kind] + both) / Math.log2(1 + Math.max(place.accounts, 1)));
  }
  for (const user of around.burst) add(user, WEIGHT.burst);
  return [...weights].sort(([a, weightA], [b, weightB]) => weightB - weightA || (a < b ? -1 : 1)).map(([user]) => user);
}
