import type { Decision, Role } from '../model/review.ts';
import type { ModelEvent } from '../model/state.ts';

/** One thing that is done to a programme. An item is named by its rank among those that the model has at that point. */
export type Task =
  | { readonly do: 'import'; readonly events: readonly ModelEvent[] }
  | { readonly do: 'decide'; readonly item: number; readonly open: boolean; readonly decision: Decision }
  | ReviewTask
  | { readonly do: 'score' | 'advance' | 'release' | 'clean' };

/** Which id a call has: one of its own, that of an earlier one of the same person, or one that was used for something else. */
export type Id = { readonly id: string; readonly is: 'fresh' | 'again' | 'reused'; readonly rank: number };

/** One of a set of decisions; items are named by rank among those that fit. */
export type Ruling = {
  readonly id: Id;
  readonly item: number;
  /** `rest`: pending ones; `seconds`: those on which the opinion of somebody else waits. */
  readonly among: 'open' | 'all' | 'seconds' | 'escalated' | 'none' | 'twice';
  /** Null: as the first opinion, where one waits. */
  readonly decision: Decision | null;
  readonly reason: 'right' | 'wrong' | 'unheard of';
  readonly note: string | null;
  readonly expected: 'none' | 'current' | 'last' | 'first';
};

/** One of a set of undos; decisions are named by rank, the newest first. */
export type Taking = {
  readonly id: Id;
  readonly target: number;
  readonly among: 'own' | 'standing' | 'waiting' | 'all' | 'undos' | 'none';
  readonly note: string | null;
};

export type ReviewTask =
  | { readonly do: 'review'; readonly by: string; readonly rulings: readonly Ruling[] }
  /** By whoever made the newest that fits, where nobody is named. */
  | { readonly do: 'undo'; readonly by: string | null; readonly takings: readonly Taking[] }
  | {
      readonly do: 'settings';
      readonly above: number | null;
      readonly share: number;
      readonly undoMinutes: number;
    }
  | { readonly do: 'appoint'; readonly login: string; readonly role: Exclude<Role, 'owner'> }
  | { readonly do: 'reason'; readonly code: string; readonly decision: Decision; readonly isActive: boolean };

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
    isScored =
      (isScored || does('score') || does('release')) &&
      !['import', 'advance', 'decide', 'review', 'undo'].some((what) => does(what as Task['do']));
    return [...before, step];
  });
}
