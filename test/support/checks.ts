import { join } from 'node:path';
import { run } from '../../electron/launcher/command.ts';
import { ROOT } from '../../electron/launcher/root.ts';
import { checkTypes } from './types.ts';

/** What a part of the test run found; of what failed, what it is and what it said. */
export type Tally = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
};

async function tool(name: string, args: readonly string[]): Promise<Tally> {
  const program = join(ROOT, 'node_modules', name, 'bin', name);
  const { code, output } = await run(process.execPath, [program, ...args], { cwd: ROOT });
  if (code === 0) return { passed: 1, failed: 0, skipped: 0, failures: [] };
  process.stdout.write(`${output}\n`);
  return { passed: 0, failed: 1, skipped: 0, failures: [`${name}\n${output}`] };
}

async function types(): Promise<Tally> {
  const checks = await checkTypes();
  const failures = checks.filter((check) => !check.ok).map(({ layer, output }) => `types of ${layer}\n${output}`);
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  return { passed: checks.length - failures.length, failed: failures.length, skipped: 0, failures };
}

/** The checks that come before any test, in their order. */
export const CHECKS: { readonly [name: string]: () => Promise<Tally> } = {
  types,
  lint: () => tool('oxlint', ['--deny-warnings']),
  format: () => tool('oxfmt', ['--check', '.']),
};
