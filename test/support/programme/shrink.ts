import { caughtUp, type History, type Task } from './history.ts';
import { type Failure, run } from './run.ts';

export type Shrunk = { readonly history: History; readonly failure: Failure };

/**
 * A shorter history that still fails in the same table: steps are left out, then events, in ever smaller pieces, until the
 * time is up or nothing more can go.
 */
export async function shrink(history: History, failure: Failure, milliseconds: number): Promise<Shrunk> {
  const end = Date.now() + milliseconds;
  let smallest: Shrunk = { history: history.slice(0, failure.step + 1), failure };
  const without = async (
    pieces: (history: History) => number,
    cut: (from: number, to: number) => History,
  ): Promise<void> => {
    for (let size = Math.ceil(pieces(smallest.history) / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < pieces(smallest.history);) {
        if (Date.now() > end) return;
        const shorter = caughtUp(cut(from, from + size));
        const failure = weight(shorter) < weight(smallest.history) ? await run(shorter) : null;
        if (failure?.table === smallest.failure.table)
          smallest = { history: shorter.slice(0, failure.step + 1), failure };
        else from += size;
      }
    }
  };
  for (let before = -1; before !== weight(smallest.history) && Date.now() < end;) {
    before = weight(smallest.history);
    await without(
      ({ length }) => length,
      (from, to) => smallest.history.toSpliced(from, to - from),
    );
    await without(countEvents, (from, to) => withoutEvents(smallest.history, from, to));
  }
  return smallest;
}

function countEvents(history: History): number {
  return history.flatMap(({ tasks }) => tasks.flatMap((task) => (task.do === 'import' ? task.events : []))).length;
}

const weight = (history: History): number => history.length + countEvents(history);

/** Without the events from the nth to the mth of all that are imported. */
function withoutEvents(history: History, from: number, to: number): History {
  let nth = -1;
  return history
    .map(({ now, tasks }) => ({
      now,
      tasks: tasks.flatMap((task): Task[] => {
        if (task.do !== 'import') return [task];
        const events = task.events.filter(() => {
          nth += 1;
          return nth < from || nth >= to;
        });
        return events.length === 0 ? [] : [{ ...task, events }];
      }),
    }))
    .filter(({ tasks }) => tasks.length > 0);
}

/** The history as lines that can be read and imported. */
export function written({ history, failure }: Shrunk): string {
  const steps = history.map(({ now, tasks }) => JSON.stringify({ now: new Date(now / 1000).toISOString(), tasks }));
  const { table, key, expected, got, more, what } = failure;
  return [
    ...steps.map((step, index) => `step ${index}: ${step}`),
    `after step ${failure.step} (${what}), ${table} [${key}], and ${more} more`,
    `  expected ${expected}`,
    `  got      ${got}`,
  ].join('\n');
}
