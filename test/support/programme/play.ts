import type { Model } from '../model/model.ts';
import type { DecisionCall, DecisionResult, UndoCall } from '../model/review.ts';
import { row } from '../model/told.ts';
import type { ReviewTask, Task } from './history.ts';
import { aimRulings, aimTakings } from './review.ts';

type Unaimed = 'decide' | 'review' | 'undo';

/** A task with what it is about by name: the keys that items have in `queue`, the ids of decisions. */
export type Aimed =
  | Exclude<Task, { do: Unaimed }>
  | { readonly do: 'review'; readonly by: string; readonly calls: readonly DecisionCall[] }
  | { readonly do: 'undo'; readonly by: string; readonly calls: readonly UndoCall[] };

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;

/** Ranks are among what the model has now; a decision about none is left out. */
export function aim(tasks: readonly Task[], model: Model): readonly Aimed[] {
  return tasks.flatMap((task, nth): readonly Aimed[] => {
    switch (task.do) {
      case 'decide':
        return aimDecision(task, model, nth);
      case 'review':
        return about({ do: 'review', by: task.by, calls: aimRulings(task, model.state) });
      case 'undo':
        return about(aimTakings(task, model.state));
      case 'import':
      case 'score':
      case 'advance':
      case 'release':
      case 'clean':
      case 'settings':
      case 'appoint':
      case 'reason':
        return [task];
    }
  });
}

/** A set about nothing is left out. */
function about(task: Aimed & { do: 'review' | 'undo' }): readonly Aimed[] {
  return task.calls.length === 0 ? [] : [task];
}

/** A single decision by somebody without an account, who has seen no version. */
function aimDecision(task: Task & { do: 'decide' }, { state }: Model, nth: number): Aimed[] {
  const keys = [...state.referrals.values()].flatMap((referral) =>
    referral.items.flatMap(({ status }, index) =>
      !task.open || status === 'pending' || status === 'escalated' ? [`${referral.refereeId} ${index}`] : [],
    ),
  );
  const key = keys.sort()[task.item % Math.max(1, keys.length)];
  if (key === undefined) return [];
  const count = String(state.review.decisions.size * 10 + nth).padStart(12, '0');
  const { decision } = task;
  const call = { decisionId: `d0000000-0000-4000-8000-${count}`, item: key, decision, reason: REASONS[decision] };
  return [{ do: 'review', by: 'nina', calls: [{ ...call, note: null, expectedVersion: null }] }];
}

export type Outcome = { readonly model: Model; readonly results: readonly string[] };

/**
 * What tasks at once may come to: what they come to one after the other, in any order; scoring goes on until nothing waits,
 * so it may also have been at work before and after the other. The order in which they are told comes first.
 */
export function* admissible(model: Model, tasks: readonly Aimed[], now: number): Generator<Outcome> {
  for (const order of orders(tasks)) {
    const copy = model.copy();
    const results = new Map<Aimed, string>();
    for (const task of order) results.set(task, play(copy, task, now));
    yield { model: copy, results: tasks.map((task) => results.get(task) ?? '-') };
  }
}

function orders(tasks: readonly Aimed[]): readonly (readonly Aimed[])[] {
  const [first, second] = tasks;
  // Facts are facts, whoever brings them first.
  if (tasks.every((task) => task.do === 'import')) return [tasks];
  if (first === undefined || second === undefined) return [tasks];
  const before = first.do === 'score' ? [[first, second, first]] : [];
  const after = second.do === 'score' ? [[second, first, second]] : [];
  return [[first, second], [second, first], ...before, ...after];
}

/** Lets the model do it; the answer in words that the product's is put into too, `-` where there is none to compare. */
export function play(model: Model, task: Aimed, now: number): string {
  switch (task.do) {
    case 'import':
      return toldReport(model.import(task.events, now));
    case 'review':
      if (!mayDecide(model, task.by)) return REFUSED;
      return toldDecisions(model.decide(task.calls, task.by, now), task.calls);
    case 'undo':
      if (!mayDecide(model, task.by)) return REFUSED;
      return toldResults(model.undo(task.calls, task.by, now));
    case 'score':
      model.score(now);
      return '-';
    case 'advance':
      model.advance(now);
      return '-';
    case 'release':
      model.release(now);
      return '-';
    case 'clean':
      model.clean(now);
      return '-';
    case 'settings':
    case 'appoint':
    case 'reason':
      set(model, task);
      return '-';
  }
}

export const REFUSED = 'a viewer decides nothing';

function mayDecide({ state }: Model, who: string): boolean {
  return state.review.roles.get(who) !== 'viewer';
}

function set({ state }: Model, task: ReviewTask): void {
  const { review } = state;
  if (task.do === 'settings') {
    const { above, share, undoMinutes } = task;
    review.settings = { above, share, undoMinutes };
  } else if (task.do === 'appoint') review.roles.set(task.login, task.role);
  else if (task.do === 'reason' && task.isActive) review.reasons.set(task.code, task.decision);
  else if (task.do === 'reason') review.reasons.delete(task.code);
}

/**
 * One answer a line. Where two calls of a set are about the same item, how the item stands is told as it is before or after the
 * other one.
 */
export function toldDecisions(results: readonly DecisionResult[], calls: readonly DecisionCall[]): string {
  return toldResults(
    results.map((result, nth) => {
      const isAlone = calls.every(({ item }, other) => other === nth || item !== calls[nth]?.item);
      return isAlone || result.outcome === 'applied' ? result : { ...result, status: '?', version: '?' };
    }),
  );
}

/** One answer a line. */
export function toldResults(results: readonly Readonly<Record<string, string | number | boolean | null>>[]): string {
  return results.map((result) => row(result)).join('\n');
}

export function toldReport({ imported, duplicates, rejected, refused }: ReturnType<Model['import']>): string {
  const reasons = Object.entries(refused)
    .map(([reason, count]) => `${reason}:${count}`)
    .sort();
  return row({ imported, duplicates, rejected, refused: reasons.join(',') });
}
