import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../electron/launcher/command.ts';
import { ROOT } from '../../electron/launcher/root.ts';
import type { Tally } from './checks.ts';

/** The projects of vitest.config.ts, the quick ones first. */
export const SUITES = ['unit', 'property', 'postgres', 'sync', 'security', 'e2e'] as const;
export type Suite = (typeof SUITES)[number];

type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
};

async function hasTests(suite: Suite): Promise<boolean> {
  const files = await readdir(join(ROOT, 'test', suite), { recursive: true }).catch(() => []);
  return files.some((file) => file.endsWith('.test.ts'));
}

/** Runs one suite to its end, with its output on the terminal. */
export async function runSuite(suite: Suite): Promise<Tally> {
  if (!(await hasTests(suite))) return { passed: 0, failed: 0, skipped: 0 };
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
    if (text === null) return { passed: 0, failed: 1, skipped: 0 };
    const report = JSON.parse(text) as Report;
    // A file that could not be loaded has no failed test, and must not pass for that.
    const failed = code === 0 ? report.numFailedTests : Math.max(1, report.numFailedTests);
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
