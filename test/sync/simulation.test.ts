import { describe, expect, it } from 'vitest';
import { play, seedsOf } from '../support/simulation/seeds.ts';
import { simulate } from '../support/simulation/simulate.ts';

/** `UMPIRE_SYNC_SEED=17 npm test -- sync` plays this day alone and tells what happens in it. */
const VARIABLE = 'UMPIRE_SYNC_SEED';
const SEEDS = seedsOf({ first: 1, count: 2_400, slice: 100, variable: VARIABLE });

describe('analysts, a server and a network that fail in every way', () => {
  it.each(SEEDS)('agree in the end, and nothing is lost or done twice: seeds $from to $to', async (seeds) => {
    expect(await play(seeds, VARIABLE)).toBeNull();
  });

  it('have the same day for the same seed', async () => {
    const days: string[][] = [[], []];
    for (const day of days) await simulate(7, { trace: (line) => day.push(line) });
    expect(days[0]).toEqual(days[1]);
  });
});
