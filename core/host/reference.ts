import { type ReferenceData, referenceData } from '../sync/reference.ts';
import type { SignalRecord } from '../review/signal-record.ts';

/** What is fetched whole and seldom, as the window needs it. */
export type Known = Pick<ReferenceData, 'reasons' | 'holdsEndingSoon'> & {
  readonly records: ReadonlyMap<string, SignalRecord>;
};

const NOTHING: Known = { reasons: [], holdsEndingSoon: 0, records: new Map() };

let last: { readonly json: string; readonly known: Known } | null = null;

/** Of the cache's JSON: nothing before the first contact, or where another version of Umpire wrote it. Read once as long as it is the same. */
export function referenceOf(json: string | null): Known {
  if (json === null) return NOTHING;
  if (last?.json === json) return last.known;
  const { data } = referenceData.safeParse(JSON.parse(json));
  const known =
    data === undefined
      ? NOTHING
      : {
          reasons: data.reasons,
          holdsEndingSoon: data.holdsEndingSoon,
          records: new Map(Object.entries(data.records)),
        };
  last = { json, known };
  return known;
}
