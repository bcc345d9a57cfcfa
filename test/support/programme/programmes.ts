import type { Shape } from './people.ts';

type Programme = { readonly name: 'small' | 'crowd' | 'campaign'; readonly shape: Shape; readonly seed: number };

/** Few people who fight over everything. */
const SMALL: Shape = { referrers: 3, referees: 24, isContested: true, isDense: false, days: 40 };
/** The same among many. */
const CROWD: Shape = { referrers: 12, referees: 330, isContested: true, isDense: false, days: 60 };
/** One campaign that brings hundreds, up to the last tier and far beyond a hundred bonuses a day. */
const CAMPAIGN: Shape = { referrers: 3, referees: 320, isContested: false, isDense: true, days: 60 };

export const PROGRAMMES: readonly Programme[] = [
  ...[2, 3, 4, 5, 6, 22].map((seed) => ({ name: 'small' as const, shape: SMALL, seed })),
  { name: 'crowd', shape: CROWD, seed: 1 },
  { name: 'campaign', shape: CAMPAIGN, seed: 2 },
];

/** `UMPIRE_PROGRAMME_SEED=17` plays that seed in each shape instead. */
const own = process.env['UMPIRE_PROGRAMME_SEED'];

/** Those of these names, as they are to be played. */
export function played(...names: readonly Programme['name'][]): readonly Programme[] {
  const known = PROGRAMMES.filter(({ name }) => names.includes(name));
  if (own === undefined) return known;
  return known
    .filter(({ shape }, nth) => known[nth - 1]?.shape !== shape)
    .map((programme) => ({ ...programme, seed: Number(own) }));
}
