declare module 'talisman/metrics/damerau-levenshtein.js' {
  /** The distance, or Infinity where it is above `max`. */
  export function limited(max: number, a: string, b: string): number;
  export default function damerauLevenshtein(a: string, b: string): number;
}
