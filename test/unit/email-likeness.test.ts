import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNear, letterMask, mayBeNear } from '../../core/engine/email/likeness.ts';

/** Optimal string alignment from its definition. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_unused, j) => (i === 0 ? j : i)),
  );
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, cell(i - 2, j - 2) + 1);
      const row = rows[i];
      if (row !== undefined) row[j] = best;
    }
  }
  return cell(a.length, b.length);
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', '.', '1'), minLength: 5, maxLength: 24 });

test('near is a similarity of at least 0.85, and the quick look never loses a near pair', () => {
  fc.assert(
    fc.property(name, name, fc.nat(3), (a, other, edits) => {
      // Half of the pairs are a few edits apart, so that both answers are common.
      const b = edits === 0 ? other : `${a.slice(0, edits)}${other.slice(0, 1)}${a.slice(edits + (edits % 2))}`;
      const expected = 1 - distance(a, b) / Math.max(a.length, b.length) >= 0.85 - 1e-12;
      expect(isNear(a, b)).toBe(expected);
      const quick = mayBeNear({ local: a, mask: letterMask(a) }, { local: b, mask: letterMask(b) });
      expect(quick || !expected).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('the boundary: one edit in seven letters is near, in six it is not; three in twenty are', () => {
  expect(isNear('abcdefg', 'abcdefx')).toBe(true);
  expect(isNear('abcdef', 'abcdex')).toBe(false);
  expect(isNear('abcdefghijklmnopqrst', 'abcdefghijklmnopqxyz')).toBe(true);
  expect(isNear('abcdefghijklmnopqrst', 'abcdefghijklmnopwxyz')).toBe(false);
});
