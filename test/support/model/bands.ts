import { BANDS, type Band } from './state.ts';

/** 0–29 low, 30–59 medium, 60–89 high, 90 and more critical. */
export function bandOf(score: number): Band {
  if (score <= 29) return 'low';
  if (score <= 59) return 'medium';
  return score <= 89 ? 'high' : 'critical';
}

export function isHigher(a: Band, b: Band): boolean {
  return BANDS.indexOf(a) > BANDS.indexOf(b);
}
