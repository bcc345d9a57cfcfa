/**
 * `npm test`: all checks and all suites, or those that are named. Ends with what failed, said again, and one line of sums, and fails
 * when anything failed or nothing ran.
 */
import { CHECKS } from './support/checks.ts';
import type { Tally } from './support/checks.ts';
import { runSuite, SUITES } from './support/suites.ts';

/** Characters of one failure that are said again at the end. */
const MOST_SAID = 1500;

const STEPS: { readonly [name: string]: () => Promise<Tally> } = {
  ...CHECKS,
  ...Object.fromEntries(SUITES.map((suite) => [suite, () => runSuite(suite)])),
};

async function runStep(name: string, step: () => Promise<Tally>): Promise<Tally> {
  process.stdout.write(`── ${name}\n`);
  try {
    return await step();
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stdout.write(`${said}\n`);
    return { passed: 0, failed: 1, skipped: 0, failures: [`${name}\n${said}`] };
  }
}

/** Said again at the end, where the beginning may have scrolled away. */
function sayFailures(failures: readonly string[]): void {
  if (failures.length > 0) process.stdout.write(`── failed\n`);
  for (const failure of failures) process.stdout.write(`${failure.slice(0, MOST_SAID).trimEnd()}\n\n`);
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !Object.hasOwn(STEPS, name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}.\n`);
    return 2;
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const tally = await runStep(name, step);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
    failures.push(...tally.failures);
  }
  sayFailures(failures);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
