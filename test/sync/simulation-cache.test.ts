import { describe, expect, it } from 'vitest';
import { cacheDisk } from '../support/simulation/cache-disk.ts';
import { play, seedsOf } from '../support/simulation/seeds.ts';

/** `UMPIRE_SYNC_CACHE_SEED=10017 npm test -- sync` plays this day alone and tells what happens in it. */
const VARIABLE = 'UMPIRE_SYNC_CACHE_SEED';
const SEEDS = seedsOf({ first: 10_001, count: 240, slice: 20, variable: VARIABLE });

describe('the encrypted cache on disk, killed between its transactions', () => {
  // Shorter days than in memory, and as full of trouble.
  it.each(SEEDS)('loses nothing and ends as the server is: seeds $from to $to', async (seeds) => {
    expect(await play(seeds, VARIABLE, { disk: cacheDisk, workMs: 15_000 })).toBeNull();
  });
});
