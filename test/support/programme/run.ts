import type { Pool } from '../../../core/postgres/connection.ts';
import { verify } from '../../../core/programme/verify.ts';
import { migratedDatabase } from '../migrated.ts';
import { Model } from '../model/model.ts';
import { isoOf } from '../model/moment.ts';
import { tell } from '../model/told.ts';
import { carryOut, countDays, prepare } from './carry-out.ts';
import { type Difference, firstDifference } from './difference.ts';
import type { History } from './history.ts';
import { admissible, aim, type Aimed } from './play.ts';
import { type Reading, read } from './read.ts';

export type Failure = Difference & {
  /** After which step of the history. */
  readonly step: number;
  readonly what: string;
};

/** Lets the database and the model live the same history; the first step after which they disagree, or null. */
export async function run(history: History): Promise<Failure | null> {
  const db = await migratedDatabase();
  try {
    await prepare(db.pool);
    let model = Model.empty();
    let reading = await read(db.pool, model);
    for (const [step, { now, tasks }] of history.entries()) {
      const what = tasks.map((task) => (task.do === 'import' ? `import ${task.events.length}` : task.do)).join(' and ');
      const after = await live(db.pool, model, reading, aim(tasks, model), now);
      if ('table' in after) return { step, what: `${what} at ${isoOf(now)}`, ...after };
      ({ model, reading } = after);
    }
    return null;
  } finally {
    await db.end();
  }
}

type Agreement = { readonly model: Model; readonly reading: Reading };

async function live(
  pool: Pool,
  model: Model,
  { items }: Reading,
  tasks: readonly Aimed[],
  now: number,
): Promise<Agreement | Difference> {
  let done: readonly string[];
  try {
    done = await Promise.all(tasks.map((task) => carryOut(pool, task, now, items)));
    await countDays(pool);
  } catch (error) {
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { table: 'exception', key: '', expected: 'none', got, more: 0 };
  }
  const agreed = await agreement(pool, model, tasks, now, done);
  const [violation, ...others] = 'table' in agreed ? [] : await verify(pool);
  if (violation === undefined) return agreed;
  const { check, subject, detail } = violation;
  return { table: `verify ${check}`, key: subject, expected: 'nothing', got: detail, more: others.length };
}

/** The model after the step, in the way in which it agrees with the database; or how the nearest way differs. */
async function agreement(
  pool: Pool,
  model: Model,
  tasks: readonly Aimed[],
  now: number,
  done: readonly string[],
): Promise<Agreement | Difference> {
  // How often something was seen before, and what was refused, is among imports at once a matter of who came first.
  const isTold = ({ do: what }: Aimed): boolean => tasks.length === 1 || what !== 'import';
  // What is scored at the same time raises a version before it is decided about, or after.
  const isVersionOpen = tasks.length > 1 && tasks.some(({ do: what }) => what !== 'review' && what !== 'undo');
  const told = (results: readonly string[]): ReadonlyMap<string, string> =>
    new Map(
      tasks
        .flatMap((task, nth) => (isTold(task) ? answers(task, nth, results[nth] ?? 'nothing') : []))
        .map(([about, line]) => [about, isVersionOpen ? line.replaceAll(/version=\d+/g, 'version=?') : line]),
    );
  let nearest: Difference | null = null;
  for (const next of admissible(model, tasks, now)) {
    const reading = await read(pool, next.model);
    next.model.adopt(reading.versions, isVersionOpen ? new Set() : decidedBy(model, tasks));
    const difference = firstDifference(
      { ...tell(next.model), results: told(next.results) },
      { ...reading.tables, results: told(done) },
    );
    if (difference === null) return { model: next.model, reading };
    if (nearest === null || difference.more < nearest.more) nearest = difference;
  }
  if (nearest === null) throw new Error('tasks in no order');
  return nearest;
}

/** The items that the tasks are about. */
function decidedBy({ state }: Model, tasks: readonly Aimed[]): ReadonlySet<string | null> {
  return new Set(
    tasks.flatMap((task) => {
      if (task.do === 'review') return task.calls.map(({ item }) => item);
      if (task.do !== 'undo') return [];
      return task.calls.map(({ decisionId }) => state.review.decisions.get(decisionId)?.call.item ?? null);
    }),
  );
}

/** What was answered to each call, by what was called for. */
function answers(task: Aimed, nth: number, result: string): readonly (readonly [string, string])[] {
  if (task.do !== 'review' && task.do !== 'undo') return [[`task ${nth}`, result]];
  return result
    .split('\n')
    .map((line, call) => [`task ${nth}: ${task.do} ${call} by ${task.by} ${JSON.stringify(task.calls[call])}`, line]);
}
