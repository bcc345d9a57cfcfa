/** One measured figure: the median of its rounds, and whether it meets its budget where it has one. */
export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly rounds: readonly number[];
  /** What DESIGN allows, in words, e.g. `≥ 20`. */
  readonly budget: string | null;
  readonly met: boolean | null;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

type Budget = { readonly text: string; readonly meets: (value: number) => boolean };

export const atLeast = (limit: number): Budget => ({ text: `≥ ${limit}`, meets: (value) => value >= limit });
export const atMost = (limit: number): Budget => ({ text: `≤ ${limit}`, meets: (value) => value <= limit });
export const below = (limit: number): Budget => ({ text: `< ${limit}`, meets: (value) => value < limit });

export function figure(name: string, unit: string, rounds: readonly number[], budget: Budget | null = null): Figure {
  const value = median(rounds);
  return {
    name,
    unit,
    median: value,
    rounds,
    budget: budget?.text ?? null,
    met: budget === null ? null : budget.meets(value),
  };
}

/** Three figures that count, whatever the size. */
const round = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function print(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures
    .map(({ name, unit, median: value, rounds, budget, met }) => {
      const spread = rounds.length > 1 ? ` (${round(Math.min(...rounds))} to ${round(Math.max(...rounds))})` : '';
      const verdict = budget === null ? '' : `  budget ${budget}: ${met === true ? 'met' : 'NOT MET'}`;
      return `${name.padEnd(width)}  ${round(value).padStart(8)} ${unit}${spread}${verdict}`;
    })
    .join('\n');
}
