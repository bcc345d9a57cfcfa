import { simulate, type SimulationOptions } from './simulate.ts';

export type Seeds = { readonly from: number; readonly to: number };

type SeedsOptions = {
  readonly first: number;
  readonly count: number;
  /** Of one test. */
  readonly slice: number;
  /** The environment variable that names one seed to be played alone. */
  readonly variable: string;
};

/** Seeds in slices, `to` excluded; only the one that the variable names, where it does. */
export function seedsOf({ first, count, slice, variable }: SeedsOptions): readonly Seeds[] {
  const alone = Number(process.env[variable] ?? Number.NaN);
  if (Number.isInteger(alone)) return [{ from: alone, to: alone + 1 }];
  return Array.from({ length: Math.ceil(count / slice) }, (_, nth) => {
    const from = first + nth * slice;
    return { from, to: Math.min(from + slice, first + count) };
  });
}

/** What the first seed finds that finds anything, and how to see it happen; null where all is well. One that was asked for alone is told. */
export async function play(
  { from, to }: Seeds,
  variable: string,
  options: SimulationOptions = {},
): Promise<string | null> {
  const isAlone = process.env[variable] !== undefined;
  const trace = (line: string): void => void process.stdout.write(`${line}\n`);
  for (let seed = from; seed < to; seed += 1) {
    const { faults } = await simulate(seed, isAlone ? { ...options, trace } : options);
    if (faults.length > 0) return [...faults, `Seed ${seed}: ${variable}=${seed} npm test -- sync`].join('\n');
  }
  return null;
}
