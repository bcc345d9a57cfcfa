import type { Model } from '../model/model.ts';
import { row } from '../model/told.ts';
import type { Task } from './history.ts';

/** A task with the item it is about: the key that it has in `queue`. */
export type Aimed = Exclude<Task, { do: 'decide' }> | (Task & { readonly do: 'decide'; readonly key: string });

/** Items by rank among those that the model has now; a decision about none is left out. */
export function aim(tasks: readonly Task[], model: Model): readonly Aimed[] {
  return tasks.flatMap((task): Aimed[] => {
    if (task.do !== 'decide') return [task];
    const keys = [...model.state.referrals.values()].flatMap((referral) =>
      referral.items.flatMap(({ status }, nth) =>
        !task.open || status === 'pending' || status === 'escalated' ? [`${referral.refereeId} ${nth}`] : [],
      ),
    );
    const key = keys.sort()[task.item % Math.max(1, keys.length)];
    return key === undefined ? [] : [{ ...task, key }];
  });
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
    case 'decide': {
      const [refereeId = '', nth] = task.key.split(' ');
      const result = model.decide(refereeId, Number(nth), task.decision, now);
      return result === null ? 'no such item' : row(result);
    }
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
  }
}

export function toldReport({ imported, duplicates, rejected, refused }: ReturnType<Model['import']>): string {
  const reasons = Object.entries(refused)
    .map(([reason, count]) => `${reason}:${count}`)
    .sort();
  return row({ imported, duplicates, rejected, refused: reasons.join(',') });
}
