import damerauLevenshtein from 'talisman/metrics/damerau-levenshtein.js';

/** Similarity from which two canonical local parts nearly equal each other (SPEC 3). */
const NEAR = 0.85;

/** The largest Damerau–Levenshtein distance that still is near: 1 − d / longer ≥ 0.85. */
function farthest(longer: number): number {
  return Math.floor((1 - NEAR) * longer + 1e-9);
}

/** Whether 1 − distance / length of the longer is at least 0.85. */
export function isNear(a: string, b: string): boolean {
  const most = farthest(Math.max(a.length, b.length));
  return Math.abs(a.length - b.length) <= most && damerauLevenshtein(a, b) <= most;
}

/** Which letters and digits a text has, as bits: one edit changes at most two of them. */
export function letterMask(text: string): number {
  let mask = 0;
  for (let index = 0; index < text.length; index += 1) mask |= 1 << (text.charCodeAt(index) & 31);
  return mask;
}

type Masked = { readonly local: string; readonly mask: number };

/** A quick look that is never wrong when it says no: most pairs end here. */
export function mayBeNear(a: Masked, b: Masked): boolean {
  const most = farthest(Math.max(a.local.length, b.local.length));
  return Math.abs(a.local.length - b.local.length) <= most && ones(a.mask ^ b.mask) <= 2 * most;
}

function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
