import { expect, test } from 'vitest';
import { bandOf, compareBands } from '../../core/domain/band.ts';
import { FRAUD_THRESHOLDS } from '../../core/domain/constants.ts';

test('band edges', () => {
  const bands = [0, 29, 30, 59, 60, 89, 90, 500].map((score) => bandOf(score, FRAUD_THRESHOLDS));
  expect(bands).toEqual(['low', 'low', 'medium', 'medium', 'high', 'high', 'critical', 'critical']);
});

test('bands are ordered from low to critical', () => {
  expect(compareBands('low', 'critical')).toBeLessThan(0);
  expect(compareBands('high', 'medium')).toBeGreaterThan(0);
  expect(compareBands('high', 'high')).toBe(0);
});
