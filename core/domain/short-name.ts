import { ERASED_NAME } from './erased.ts';

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A name as strangers see it: "Till S.". The first word and the first character of the last one, whole however many code
 * points it has. One word stands alone, and who was erased is nobody to shorten; null where there is none, or where an address stands in its place.
 */
export function shortName(name: string): string | null {
  if (name === ERASED_NAME) return name;
  const words = name.split(/\s+/u).filter((word) => word !== '');
  const first = words[0];
  if (first === undefined || words.some((word) => word.includes('@'))) return null;
  const last = words.length > 1 ? words.at(-1) : undefined;
  if (last === undefined) return first;
  const [initial] = GRAPHEMES.segment(last);
  return initial === undefined ? first : `${first} ${initial.segment}.`;
}

/** The same where something has to stand: `No name` for who has none. */
export function keptName(name: string): string {
  return shortName(name) ?? 'No name';
}
