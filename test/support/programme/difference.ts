import type { Tables } from '../model/told.ts';

export type Difference = {
  readonly table: string;
  readonly key: string;
  readonly expected: string;
  readonly got: string;
  /** How many more rows differ. */
  readonly more: number;
};

/** In which order tables are told: what follows from others comes after them. */
const CAUSES_FIRST = ['results', 'registrations', 'codes', 'relationships', 'bands', 'bonuses'];

const NONE: ReadonlyMap<string, string> = new Map();

/** The first row that differs, of the table that the others follow from; null where all agree. */
export function firstDifference(expected: Tables, got: Tables): Difference | null {
  const tables = [...new Set([...CAUSES_FIRST, ...Object.keys(expected), ...Object.keys(got)])];
  const all = tables.flatMap((table) => {
    const [wanted, found] = [expected[table] ?? NONE, got[table] ?? NONE];
    const keys = [...new Set([...wanted.keys(), ...found.keys()])].sort();
    return keys
      .filter((key) => wanted.get(key) !== found.get(key))
      .map((key) => ({ table, key, expected: wanted.get(key) ?? 'no row', got: found.get(key) ?? 'no row' }));
  });
  const first = all[0];
  return first === undefined ? null : { ...first, more: all.length - 1 };
}
