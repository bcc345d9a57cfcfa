import { expect, test } from 'vitest';
import type { CodeType } from '../../core/domain/vocabulary.ts';
import { type CreationAttempt, judgeCreations } from '../../core/programme/codes/judge.ts';
import { MINUTE } from '../../core/programme/instant.ts';
import { judgeCalls } from '../../core/programme/limits/window.ts';

let next = 0;
const attempt = (
  minute: number,
  code: string,
  type: CodeType = 'custom',
  more: Partial<CreationAttempt> = {},
): CreationAttempt => {
  next += 1;
  return { eventId: `e${next}`, at: minute * MINUTE, code, userId: 'rob', type, stands: false, ...more };
};

const verdicts = (attempts: readonly CreationAttempt[], adopted: readonly string[] = []): string[] => [
  ...judgeCreations(attempts, new Set(adopted)).values(),
];

const ten = Array.from({ length: 10 }, (_, index) => attempt(index, `C-${index}`));
const allTen = ten.map(() => 'accepted');

test('ten custom codes within (at − 60 min, at], and one more at exactly 60', () => {
  expect(verdicts([...ten, attempt(59.99, 'X')])).toEqual([...allTen, 'rate_limited']);
  expect(verdicts([...ten, attempt(60, 'X'), attempt(60, 'Y')])).toEqual([...allTen, 'accepted', 'rate_limited']);
});

test('one that stands keeps its place, and those before it make none of it', () => {
  const standing = attempt(59, 'X', 'custom', { stands: true });
  expect(verdicts([...ten, standing])).toEqual([...allTen.slice(1), 'rate_limited', 'accepted']);
});

test('a code is made once, an automatic one once for each user; what fails takes no place', () => {
  expect(
    verdicts(
      [
        attempt(0, 'A'),
        attempt(1, 'A', 'custom', { userId: 'sue' }),
        attempt(2, 'AAAAAA', 'auto'),
        attempt(3, 'BBBBBB', 'auto'),
        attempt(4, 'BBBBBB', 'auto', { userId: 'sue' }),
        attempt(5, 'OLD', 'campaign'),
      ],
      ['OLD'],
    ),
  ).toEqual(['accepted', 'code_taken', 'accepted', 'auto_code_exists', 'accepted', 'code_taken']);
});

test('an automatic code that stands leaves an earlier one out', () => {
  expect(verdicts([attempt(0, 'AAAAAA', 'auto'), attempt(1, 'BBBBBB', 'auto', { stands: true })])).toEqual([
    'auto_code_exists',
    'accepted',
  ]);
});

test('calls are taken one after the other, those refused take no place, and what was judged before is left as it is', () => {
  const rule = { limit: 2, windowMinutes: 1 };
  const call = (seconds: number, accepted: boolean | null = null) => ({ at: seconds * 1_000_000, accepted });
  expect(
    judgeCalls(
      [0, 30, 59.9, 60, 61, 90].map((seconds) => call(seconds)),
      rule,
    ),
  ).toEqual([true, true, false, true, false, true]);
  expect(judgeCalls([call(0, false), call(1, true), call(2), call(3)], rule)).toEqual([false, true, true, false]);
});
