import * as fc from 'fast-check';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { score } from '../../core/engine/score.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { HASH_KEY } from '../support/scenario-command.ts';
import { migratedDatabase, openPool } from '../support/scenario-database.ts';
import { dump, dumpScores } from '../support/scenario-dump.ts';
import { at, type ScenarioEvent } from '../support/scenario-events.ts';
import { contestedProgramme, peacefulProgramme, retold } from '../support/scenario-programme.ts';

type Files = readonly (readonly ScenarioEvent[])[];

const key = hashKey(HASH_KEY);
const now = new Date(at('+10d'));
/** Shrinking a failure stops in time for the smallest one so far to be told. */
const RUNS = { seed: 20_261_122, numRuns: 40, interruptAfterTimeLimit: 400_000, markInterruptAsFailure: true };
const TIMEOUT = 500_000;

/** What `read` finds in a fresh database after these imports, with a scoring run after each of them or only after the last. */
async function after<Result>(
  files: Files,
  scoring: 'after each' | 'at the end',
  read: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const database = await migratedDatabase();
  const pool = openPool(database.url);
  try {
    for (const events of files) {
      await importEvents(
        pool,
        eventSource(() => events),
        { key, now },
      );
      if (scoring === 'after each') await score(pool, { now });
    }
    await score(pool, { now });
    return await read(pool);
  } finally {
    await pool.end();
    await database.drop();
  }
}

const withRetelling = (programme: fc.Arbitrary<readonly ScenarioEvent[]>) =>
  programme.chain((events) => fc.record({ events: fc.constant(events), files: retold(events) }));

test(
  'events in any order, told again and split into several imports, give the same database',
  { timeout: TIMEOUT },
  async () => {
    await fc.assert(
      fc.asyncProperty(withRetelling(contestedProgramme), async ({ events, files }) => {
        expect(await after(files, 'at the end', dump)).toEqual(await after([events], 'at the end', dump));
      }),
      RUNS,
    );
  },
);

test(
  'scoring between the imports gives the same scores, signals and stages where no place is contested',
  { timeout: TIMEOUT },
  async () => {
    await fc.assert(
      fc.asyncProperty(withRetelling(peacefulProgramme), async ({ events, files }) => {
        expect(await after(files, 'after each', dumpScores)).toEqual(await after([events], 'at the end', dumpScores));
      }),
      RUNS,
    );
  },
);
