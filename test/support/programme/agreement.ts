import type { History } from './history.ts';
import { run } from './run.ts';
import { shrink, written } from './shrink.ts';

/** Of a test that plays one history, in milliseconds. */
export const HISTORY_TIMEOUT = 600_000;
/** Shrinking a failure stops in time for the smallest one so far to be told. */
const SHRINKING = 120_000;

/** `agreed` where the database and the model agree after every step; otherwise a short history that shows where not, written out. */
export async function agreementOn(history: History): Promise<string> {
  const failure = await run(history);
  return failure === null ? 'agreed' : written(await shrink(history, failure, SHRINKING));
}
