import { describe, expect, it } from 'vitest';
import { simulate } from '../support/simulation/simulate.ts';

/** Of one file of results; together well over two thousand days. */
const SEEDS = 2_400;
const SLICE = 200;
/** Plays this one alone and tells what happens in it: `UMPIRE_SYNC_SEED=17 npm test -- sync`. */
const alone = process.env['UMPIRE_SYNC_SEED'];

const slices = Array.from({ length: SEEDS / SLICE }, (_, nth) => 1 + nth * SLICE);

async function play(seed: number): Promise<void> {
  const { faults } = await simulate(seed);
  expect(faults, `UMPIRE_SYNC_SEED=${seed} npm test -- sync`).toEqual([]);
}

describe.runIf(alone !== undefined)('the day that was asked for', () => {
  it(`seed ${alone}`, async () => {
    const lines: string[] = [];
    const { faults } = await simulate(Number(alone), { trace: (line) => lines.push(line) });
    process.stdout.write(`${lines.join('\n')}\n`);
    expect(faults).toEqual([]);
  });
});

describe.runIf(alone === undefined)('analysts, a server and a network that fail in every way', () => {
  it.each(slices)('agree in the end, and nothing is lost or done twice: seeds from %i', async (from) => {
    for (let seed = from; seed < from + SLICE; seed += 1) await play(seed);
    expect(from).toBeGreaterThan(0);
  });

  it('is the same day for the same seed', async () => {
    const days: string[][] = [[], []];
    for (const day of days) await simulate(7, { trace: (line) => day.push(line) });
    expect(days[0]).toEqual(days[1]);
  });
});
