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
 * Where the clock has gone forward, stages that it brings wait for the job or for the next fact about their referral. So
 * that which of them wait is no question, the job goes first.
 */
export function caughtUp(history: History): History {
  let clock = Number.NEGATIVE_INFINITY;
  return history.flatMap((step) => {
    const isBehind = step.now > clock;
    const derives = step.tasks.some((task) => task.do === 'import' || task.do === 'advance');
    if (derives) clock = step.now;
    return isBehind && step.tasks.some((task) => task.do === 'import')
      ? [{ now: step.now, tasks: [{ do: 'advance' }] }, step]
      : [step];
  });
}
