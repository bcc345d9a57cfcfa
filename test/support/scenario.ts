import { beforeAll, expect, test } from 'vitest';
import { at, type ScenarioEvent } from './scenario-events.ts';
import { brokenInvariants, readOutcome, type Outcome, type ReferralOutcome } from './scenario-outcome.ts';
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
    const item = await bench.itemOf(refereeId, ['pending', 'escalated']);
    await bench.umpire(decideCommand(item, decision, reason, now));
  };
}

/** Tries to decide the closed item of that referee once more; `exit` is how that ends. */
export function decideAgain(refereeId: string, decision: string, reason: string, exit: number): Step {
  return async (bench) => {
    const item = await bench.itemOf(refereeId, ['approved', 'rejected']);
    await bench.umpire(decideCommand(item, decision, reason, NOW), exit);
  };
}

/** Takes back the last decision on the item of that referee that was not taken back; `exit` is how that ends. */
export function undo(refereeId: string, as: string, now: string = NOW, exit = 0): Step {
  return async (bench) => {
    const item = await bench.itemOf(refereeId, ['pending', 'approved', 'rejected', 'escalated']);
    const { stdout } = await bench.umpire(['case', item, '--now', at(now), '--json']);
    const file = JSON.parse(stdout) as { decisions: { decisionId: string; isUndone: boolean }[] };
    const last = file.decisions.findLast(({ isUndone }) => !isUndone) ?? file.decisions.at(-1);
    await bench.umpire(
      ['undo', last?.decisionId ?? '', '--as', as, '--note', 'a slip', '--now', at(now), '--json'],
      exit,
    );
  };
}

function decideCommand(item: string, decision: string, reason: string, now: string): readonly string[] {
  return ['decide', item, decision, '--reason', reason, '--as', 'nina', '--now', at(now), '--json'];
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
    const wanted = { ...expected, bonuses: sorted(expected.bonuses), queue: sorted(expected.queue) };
    expect(await run(steps, expected)).toEqual({ ...wanted, broken: [] });
  });
}

async function run(steps: readonly Step[], like: Outcome): Promise<Outcome & { readonly broken: readonly string[] }> {
  const bench = await openWorkbench();
  try {
    for (const step of steps) await step(bench);
    return { ...(await readOutcome(bench, like)), broken: await brokenInvariants(bench.pool) };
  } finally {
    await bench.close();
  }
}

/** One referral of many in one programme, which has nothing to do with the others. */
export type Aside = {
  readonly name: string;
  readonly refereeId: string;
  readonly referral: ReferralOutcome;
  readonly bonuses: readonly string[];
};

/** Cases that cannot meet share one programme: its steps are run once, and each case looks at its own referral. */
export function sideBySide(steps: readonly Step[], cases: readonly Aside[]): void {
  const outcome: { referrals: Outcome['referrals']; bonuses: readonly string[]; queue: readonly unknown[] } = {
    referrals: {},
    bonuses: [],
    queue: [],
  };
  beforeAll(async () => {
    const { broken, ...read } = await run(steps, outcome);
    if (broken.length > 0) throw new Error(broken.join('\n'));
    Object.assign(outcome, read);
  });
  test.each(cases)('$name', ({ refereeId, referral, bonuses }) => {
    const own = (line: unknown) => String(line).startsWith(`${refereeId} `);
    expect({
      referral: outcome.referrals[refereeId],
      bonuses: outcome.bonuses.filter(own),
      queue: outcome.queue.filter(own),
    }).toEqual({ referral, bonuses: sorted(bonuses), queue: [] });
  });
}
