import type { FRAUD_THRESHOLDS } from './constants.ts';
import type { Severity } from './vocabulary.ts';

/** A band has the words of a severity: low is paid, medium held 48 h, high reviewed, critical blocked (SPEC 3). */
export type Band = Severity;

export type Thresholds = { readonly [Name in keyof typeof FRAUD_THRESHOLDS]: number };

/** The band of a score; each threshold is the highest score of its band, `critical` the lowest of the last. */
export function bandOf(score: number, thresholds: Thresholds): Band {
  if (score >= thresholds.critical) return 'critical';
  if (score > thresholds.mediumRisk) return 'high';
  if (score > thresholds.lowRisk) return 'medium';
  return 'low';
}

const ORDER: readonly Band[] = ['low', 'medium', 'high', 'critical'];

/** Negative when `a` is the lower band, 0 when equal, positive when higher. */
export function compareBands(a: Band, b: Band): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}
