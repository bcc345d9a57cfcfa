import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from '../../electron/launcher/command.ts';
import { ROOT } from '../../electron/launcher/root.ts';
import type { Tally } from './checks.ts';

/** The projects of vitest.config.ts, the quick ones first. */
export const SUITES = ['unit', 'property', 'postgres', 'sync', 'security', 'e2e'] as const;
export type Suite = (typeof SUITES)[number];

/** What is read of the runner's JSON report. */
type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

/** What a failed test said, without the steps of its stack that lie outside the project. */
function said(messages: readonly string[]): string {
  const lines = messages.join('\n').split('\n');
  return lines
    .filter((line) => !/^\s+at /.test(line) || (line.includes(ROOT) && !line.includes('node_modules')))
    .join('\n');
}

function failuresOf({ testResults }: Report): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(ROOT, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // A file that could not be loaded has no failed test.
    if (failed.length === 0) return status === 'failed' ? [`${file}\n${message}`] : [];
    return failed.map((test) => `${file} > ${test.fullName}\n${said(test.failureMessages)}`);
  });
}

/** What a report of the runner comes to, with the code that the runner ended with (null: by a signal). */
export function tallyOf(suite: string, report: Report, code: number | null): Tally {
  const failures = failuresOf(report);
  const unnamed = code !== 0 && failures.length === 0 ? [`${suite}\nThe runner ended with ${code ?? 'a signal'}.`] : [];
  return {
    passed: report.numPassedTests,
    failed: Math.max(report.numFailedTests, failures.length, unnamed.length),
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [...failures, ...unnamed],
  };
}

async function hasTests(suite: Suite): Promise<boolean> {
  const files = await readdir(join(ROOT, 'test', suite), { recursive: true }).catch(() => []);
  return files.some((file) => file.endsWith('.test.ts'));
}

/** Runs one suite to its end, with its output on the terminal. */
export async function runSuite(suite: Suite): Promise<Tally> {
  if (!(await hasTests(suite))) return { passed: 0, failed: 0, skipped: 0, failures: [] };
  const folder = await mkdtemp(join(tmpdir(), 'umpire-tests-'));
  try {
    const reportFile = join(folder, 'report.json');
    const { code } = await run(
      process.execPath,
      [
        join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--project',
        suite,
        '--reporter',
        'default',
        '--reporter',
        'json',
        `--outputFile.json=${reportFile}`,
      ],
      { cwd: ROOT, inherit: true },
    );
    const text = await readFile(reportFile, 'utf8').catch(() => null);
    if (text === null) return { passed: 0, failed: 1, skipped: 0, failures: [`${suite}\nThe runner left no report.`] };
    return tallyOf(suite, JSON.parse(text) as Report, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
