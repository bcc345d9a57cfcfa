import { describe, expect, it } from 'vitest';
import { MUTATIONS } from '../support/simulation/mutations.ts';
import { simulate } from '../support/simulation/simulate.ts';

const SEEDS = 1_000;

/** A simulation that notices nothing shows nothing: each way to break the protocol must be found, and soon. */
describe('a protocol that is broken', () => {
  it.each(MUTATIONS.map(({ name, options }) => ({ name, options })))('is noticed: $name', async ({ options }) => {
    let noticed: number | null = null;
    for (let seed = 1; seed <= SEEDS && noticed === null; seed += 1) {
      const { faults } = await simulate(seed, options);
      if (faults.length > 0) noticed = seed;
    }
    expect(noticed).not.toBeNull();
  });
});
