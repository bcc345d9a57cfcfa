import { describe, expect, it } from 'vitest';
import { cacheDisk } from '../support/simulation/cache-disk.ts';
import { simulate } from '../support/simulation/simulate.ts';

const FIRST = 10_001;
const SEEDS = 240;
const SLICE = 40;
const slices = Array.from({ length: SEEDS / SLICE }, (_, nth) => FIRST + nth * SLICE);
/** Plays this one alone and tells what happens in it: `UMPIRE_SYNC_CACHE_SEED=10017 npm test -- sync`. */
const alone = process.env['UMPIRE_SYNC_CACHE_SEED'];

/** Shorter days than in memory, and as full of trouble. */
const day = { disk: cacheDisk, workMs: 15_000 };

async function play(seed: number): Promise<void> {
  const { faults } = await simulate(seed, day);
  expect(faults, `UMPIRE_SYNC_CACHE_SEED=${seed} npm test -- sync`).toEqual([]);
}

describe.runIf(alone !== undefined)('the day with a real cache that was asked for', () => {
  it(`seed ${alone}`, async () => {
    const lines: string[] = [];
    const { faults } = await simulate(Number(alone), { ...day, trace: (line) => lines.push(line) });
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(faults).toEqual([]);
  });
});

describe.runIf(alone === undefined)('the encrypted cache on disk, killed between its transactions', () => {
  it.each(slices)('loses nothing and ends as the server is: seeds from %i', async (from) => {
    for (let seed = from; seed < from + SLICE; seed += 1) await play(seed);
    expect(from).toBeGreaterThan(0);
  });
});
