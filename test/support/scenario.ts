import { expect, test } from 'vitest';
import { at, type ScenarioEvent } from './scenario-events.ts';
import { brokenInvariants, readOutcome, type Outcome } from './scenario-outcome.ts';
import { openWorkbench, type Workbench } from './scenario-workbench.ts';

/** One thing that is done to a programme through the command line. */
export type Step = (bench: Workbench) => Promise<void>;

const NOW = '+10d';

type LoadOptions = {
  readonly now?: string;
  /** Lines as they stand in the file, after those of the events. */
  readonly lines?: readonly string[];
  readonly flags?: readonly string[];
  readonly exit?: number;
};

/** Imports the events as one file, in the order they are written. */
export function load(events: readonly ScenarioEvent[], options: LoadOptions = {}): Step {
  return async (bench) => {
    const lines = [...events.map((event) => JSON.stringify(event)), ...(options.lines ?? [])];
    await bench.import(lines, at(options.now ?? NOW), options.flags ?? [], options.exit ?? 0);
  };
}

export function score(now: string = NOW): Step {
  return async (bench) => {
    await bench.umpire(['score', '--now', at(now), '--json']);
  };
}

/** Decides the open item of that referee. */
export function decide(refereeId: string, decision: string, reason: string, now: string = NOW): Step {
  return async (bench) => {
    const item = await bench.openItem(refereeId);
    const options = ['--reason', reason, '--as', 'nina', '--now', at(now), '--json'];
    await bench.umpire(['decide', item, decision, ...options]);
  };
}

/** Expected rows are told in any order; a matcher among them stands where it is written. */
function sorted<Value>(rows: readonly Value[]): readonly Value[] {
  return rows.every((row) => typeof row === 'string') ? [...rows].sort() : rows;
}

/**
 * One small programme with a known answer: the steps are run as real processes against a database of its own, and the whole
 * outcome is compared at once. A section that `expected` does not name (ledger, stage times, imports) is not read.
 */
export function scenario(name: string, steps: readonly Step[], expected: Outcome): void {
  // oxlint-disable-next-line vitest/valid-title -- the title is the name that the scenario's author wrote
  test(name, async () => {
    const bench = await openWorkbench();
    try {
      for (const step of steps) await step(bench);
      const outcome = await readOutcome(bench, expected);
      const wanted = { ...expected, bonuses: sorted(expected.bonuses), queue: sorted(expected.queue) };
      expect({ ...outcome, broken: await brokenInvariants(bench.pool) }).toEqual({ ...wanted, broken: [] });
    } finally {
      await bench.close();
    }
  });
}
