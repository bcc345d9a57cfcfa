import type { Random } from './prng.ts';
import type { World } from './world.ts';

/** One kind of referral in the programme: a scheme of cheats, a group of honest people. */
export type Part = {
  readonly name: string;
  /** Of all accepted referrals. */
  readonly share: number;
  /** Plans exactly `count` accepted referrals. */
  readonly plan: (world: World, random: Random, count: number) => void;
};

/** Splits a count into clusters of the given sizes; the last takes what is left. */
export function clusters(random: Random, count: number, smallest: number, largest: number): number[] {
  const sizes: number[] = [];
  for (let left = count; left > 0;) {
    const size = Math.min(left, random.int(smallest, largest));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}
