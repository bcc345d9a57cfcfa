import { describe, expect, it } from 'vitest';
import { cutPulls, MUTATIONS } from '../support/simulation/mutations.ts';
import { simulate, type SimulationOptions } from '../support/simulation/simulate.ts';

const SEEDS = 1_000;

async function firstNoticed(options: SimulationOptions, seeds: number): Promise<number | null> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { faults } = await simulate(seed, options);
    if (faults.length > 0) return seed;
  }
  return null;
}

/** A simulation that notices nothing shows nothing: each way to break the protocol must be found, and soon. */
describe('a protocol that is broken', () => {
  it.each(MUTATIONS.map(({ name, options }) => ({ name, options })))('is noticed: $name', async ({ options }) => {
    expect(await firstNoticed(options, SEEDS)).not.toBeNull();
  });

  it('is not one where the line is bad and nothing else', async () => {
    expect(await firstNoticed({ mutate: cutPulls }, 50)).toBeNull();
  });
});
