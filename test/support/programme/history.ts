import type { Decision } from '../model/decisions.ts';
import type { ModelEvent } from '../model/state.ts';

/** One thing that is done to a programme. An item is named by its rank among those that the model has at that point. */
export type Task =
  | { readonly do: 'import'; readonly events: readonly ModelEvent[] }
  | { readonly do: 'decide'; readonly item: number; readonly open: boolean; readonly decision: Decision }
  | { readonly do: 'score' | 'advance' | 'release' | 'clean' };

/** Tasks that run at once, each on connections of its own, at one reading of the engine's clock (microseconds). */
export type Step = { readonly now: number; readonly tasks: readonly Task[] };

export type History = readonly Step[];

export function eventsIn(history: History): number {
  return history.reduce((sum, { tasks }) => sum + tasks.reduce((n, task) => n + sizeOf(task), 0), 0);
}

function sizeOf(task: Task): number {
  return task.do === 'import' ? task.events.length : 0;
}

/**
 * Two things the product promises no time for: a stage that the clock brings waits for the job or for the next fact about its
 * referral, and what waits to be scored is not released. So that nothing hangs on which of them wait, the job goes before
 * imports, and scoring before releases.
 */
export function caughtUp(history: History): History {
  let clock = Number.NEGATIVE_INFINITY;
  let isScored = true;
  return history.flatMap((step) => {
    const { now } = step;
    const does = (what: Task['do']): boolean => step.tasks.some((task) => task.do === what);
    const before: Step[] = [];
    if (does('import') && now > clock) before.push({ now, tasks: [{ do: 'advance' }] });
    if (does('release') && !isScored) before.push({ now, tasks: [{ do: 'score' }] });
    if (does('import') || does('advance')) clock = now;
    isScored = (isScored || does('score') || does('release')) && !does('import') && !does('advance') && !does('decide');
    return [...before, step];
  });
}
