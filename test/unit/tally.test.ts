import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../electron/launcher/root.ts';
import { tallyOf } from '../support/suites.ts';

const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0 };
const file = { name: join(ROOT, 'test', 'unit', 'some.test.ts'), status: 'passed', message: '', assertionResults: [] };

test('a run in which all passed has no failures', () => {
  expect(tallyOf('unit', { ...counts, testResults: [file] }, 0)).toEqual({
    passed: 3,
    failed: 0,
    skipped: 1,
    failures: [],
  });
});

test('a test that failed is named with its file and what it said', () => {
  const said = 'expected 1 to be 2\n    at new Promise (<anonymous>)\n    at run (/elsewhere/run.js:1:2)';
  const assertionResults = [
    { fullName: 'a thing works', status: 'passed', failureMessages: [] },
    { fullName: 'a thing ends', status: 'failed', failureMessages: [said] },
  ];
  const report = { ...counts, numFailedTests: 1, testResults: [{ ...file, status: 'failed', assertionResults }] };
  expect(tallyOf('unit', report, 1)).toMatchObject({
    failed: 1,
    failures: ['test/unit/some.test.ts > a thing ends\nexpected 1 to be 2'],
  });
});

test('a file that could not be loaded counts as failed', () => {
  const report = { ...counts, testResults: [{ ...file, status: 'failed', message: 'no such module' }] };
  expect(tallyOf('unit', report, 1)).toMatchObject({ failed: 1, failures: ['test/unit/some.test.ts\nno such module'] });
});

test('a runner that fails for something outside any test does not pass', () => {
  const report = { ...counts, testResults: [file] };
  expect(tallyOf('unit', report, null)).toMatchObject({
    failed: 1,
    failures: ['unit\nThe runner ended with a signal.'],
  });
});
