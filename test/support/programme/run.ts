import { randomUUID } from 'node:crypto';
import { score } from '../../../core/engine/score.ts';
import type { Pool } from '../../../core/postgres/connection.ts';
import { importEvents } from '../../../core/programme/import/import.ts';
import { eventSource } from '../../../core/programme/import/source.ts';
import { advanceStages } from '../../../core/programme/jobs/advance-stages.ts';
import { releaseHolds } from '../../../core/programme/jobs/release-holds.ts';
import { refreshDailyStats } from '../../../core/programme/statistics.ts';
import { verify } from '../../../core/programme/verify.ts';
import { decide } from '../../../core/review/decide.ts';
import { migratedDatabase, TEST_KEY } from '../migrated.ts';
import { Model } from '../model/model.ts';
import { isoOf } from '../model/moment.ts';
import { SWITCHES } from '../model/switches.ts';
import { row, tell } from '../model/told.ts';
import { type Difference, firstDifference } from './difference.ts';
import type { History, Task } from './history.ts';
import { type Reading, read } from './read.ts';

export type Failure = Difference & {
  readonly step: number;
  readonly what: string;
};

/** Lets the database and the model live the same history; the first step after which they disagree, or null. */
export async function run(history: History): Promise<Failure | null> {
  const db = await migratedDatabase();
  try {
    let model = Model.empty();
    let reading = await read(db.pool, model);
    for (const [step, { now, tasks }] of history.entries()) {
      const what = tasks.map((task) => (task.do === 'import' ? `import ${task.events.length}` : task.do)).join(' and ');
      const fail = (difference: Difference): Failure => ({ step, what: `${what} at ${isoOf(now)}`, ...difference });
      const known = aim(tasks, model, reading);
      const done = await attempt(() => Promise.all(known.map((task) => carryOut(db.pool, task, now))));
      if (!Array.isArray(done)) return fail(done);
      await refreshDailyStats(db.pool, { from: null, to: null });

      const agreed = await agreement(db.pool, model, known, now, done);
      if ('table' in agreed) return fail(agreed);
      ({ model, reading } = agreed);
      const [violation, ...others] = await verify(db.pool);
      if (violation !== undefined) {
        const { check, subject, detail } = violation;
        return fail({ table: `verify ${check}`, key: subject, expected: 'nothing', got: detail, more: others.length });
      }
    }
    return null;
  } finally {
    await db.end();
  }
}

type Agreement = { readonly model: Model; readonly reading: Reading };

/** The model after the step, in the way in which it agrees with the database; or how the nearest way differs. */
async function agreement(
  pool: Pool,
  model: Model,
  tasks: readonly Aimed[],
  now: number,
  done: readonly string[],
): Promise<Agreement | Difference> {
  let nearest: Difference | null = null;
  for (const next of admissible(model, tasks, now)) {
    const reading = await read(pool, next.model);
    // How often something was seen before, and what was refused, is among imports at once a matter of who came first.
    const told = (results: readonly string[]): ReadonlyMap<string, string> =>
      new Map(
        tasks.flatMap((task, nth) =>
          tasks.length > 1 && task.do === 'import' ? [] : [[`${nth}`, results[nth] ?? '-']],
        ),
      );
    const difference = firstDifference(
      { ...tell(next.model), results: told(next.results) },
      { ...reading.tables, results: told(done) },
    );
    if (difference === null) return { model: next.model, reading };
    if (nearest === null || difference.more < nearest.more) nearest = difference;
  }
  if (nearest === null) throw new Error('no order of the tasks');
  return nearest;
}

/** A task with the item it is about. */
type Aimed =
  | Exclude<Task, { do: 'decide' }>
  | (Task & { readonly do: 'decide'; readonly key: string; readonly id: string });

/** Items by rank among those that the model has now; a decision about none is left out. */
function aim(tasks: readonly Task[], model: Model, { items }: Reading): readonly Aimed[] {
  return tasks.flatMap((task): Aimed[] => {
    if (task.do !== 'decide') return [task];
    const keys = [...model.state.referrals.values()].flatMap((referral) =>
      referral.items.flatMap(({ status }, nth) =>
        !task.open || status === 'pending' || status === 'escalated' ? [`${referral.refereeId} ${nth}`] : [],
      ),
    );
    const key = keys.sort()[task.item % Math.max(1, keys.length)];
    const id = key === undefined ? undefined : items.get(key);
    return key === undefined || id === undefined ? [] : [{ ...task, key, id }];
  });
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result | Difference> {
  try {
    return await work();
  } catch (error) {
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { table: 'exception', key: '', expected: 'none', got, more: 0 };
  }
}

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;

/** Does it to the database; the answer in words that the model has too, `-` where there is none to compare. */
async function carryOut(pool: Pool, task: Aimed, micros: number): Promise<string> {
  const now = new Date(micros / 1000);
  switch (task.do) {
    case 'import': {
      const source = eventSource(() => task.events);
      const { imported, duplicates, rejected, refused } = await importEvents(pool, source, { key: TEST_KEY, now });
      return toldReport({ imported, duplicates, rejected, refused });
    }
    case 'decide': {
      const call = {
        decisionId: randomUUID(),
        itemId: task.id,
        decision: task.decision,
        reason: REASONS[task.decision],
      };
      const [result] = await decide(pool, [call], { now, onBehalfOf: 'nina' });
      if (result === undefined) throw new Error('a decision without an outcome');
      const { outcome, status, paid, rejected, reversed } = result;
      return row({ outcome, status, paid, rejected, reversed });
    }
    case 'score':
      await score(pool, { now });
      return '-';
    case 'advance':
      await advanceStages(pool, now);
      return '-';
    case 'release':
      await releaseHolds(pool, now);
      return '-';
    case 'clean':
      throw new Error('there is no clean-up job yet');
  }
}

type Outcome = { readonly model: Model; readonly results: readonly string[] };

/**
 * What tasks at once may come to: what they come to one after the other, in any order; scoring goes on until nothing waits,
 * so it may also have been at work before and after the others. The usual order comes first.
 */
function* admissible(model: Model, tasks: readonly Aimed[], now: number): Generator<Outcome> {
  for (const order of orders(tasks)) {
    const copy = model.copy();
    const results = new Map<Aimed, string>();
    for (const task of order) results.set(task, follow(copy, task, now));
    yield { model: copy, results: tasks.map((task) => results.get(task) ?? '-') };
  }
}

function orders(tasks: readonly Aimed[]): readonly (readonly Aimed[])[] {
  const [first, second] = tasks;
  if (first === undefined || second === undefined) return [tasks];
  const before = first.do === 'score' ? [[first, second, first]] : [];
  const after = second.do === 'score' ? [[second, first, second]] : [];
  return [[first, second], [second, first], ...before, ...after];
}

function follow(model: Model, task: Aimed, now: number): string {
  switch (task.do) {
    case 'import':
      return toldReport(model.import(task.events, now));
    case 'decide': {
      const [refereeId = '', nth] = task.key.split(' ');
      const result = model.decide(refereeId, Number(nth), task.decision, now);
      return result === null ? '-' : row(result);
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

type Report = ReturnType<Model['import']>;

function toldReport({ imported, duplicates, rejected, refused }: Report): string {
  const reasons = Object.entries(refused)
    .filter(([reason]) => reason !== 'code_taken' || SWITCHES.codeCreationLimits)
    .sort()
    .map(([reason, count]) => `${reason}:${count}`);
  return row({ imported, duplicates, rejected, refused: reasons.join(',') });
}
