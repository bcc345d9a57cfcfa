import { setTimeout as pause } from 'node:timers/promises';
import type { Mode } from '../../domain/vocabulary.ts';
import { watch } from '../../engine/watch.ts';
import { serverNow } from '../../postgres/clock.ts';
import { isConnectionLoss } from '../../postgres/connection-loss.ts';
import type { Pool } from '../../postgres/connection.ts';
import { keepableText } from '../../postgres/error-text.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { jobsOf } from './index.ts';
import type { Job } from './job.ts';
import type { JobRun } from './run.ts';
import { type Schedule, startSchedule } from './schedule.ts';

export type WatchOptions = {
  readonly mode: Mode;
  readonly key: HashKey;
  /** Only these; all of the mode, and scoring without a pause, when left out. */
  readonly jobs?: readonly Job[] | undefined;
  readonly signal: AbortSignal;
  readonly onRun: (run: JobRun) => void;
  readonly onScored: (scored: number) => void;
  readonly say: (line: string) => void;
};

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs jobs when they are due and scores what becomes dirty, until it is stopped. A server that goes is waited for: it
 * says so, and tries again after longer and longer pauses. Throws only what stops it before it has begun.
 */
export async function watchJobs(pool: Pool, options: WatchOptions): Promise<void> {
  const { signal, say } = options;
  let begun = false;
  for (let failures = 0; !signal.aborted;) {
    try {
      const schedule = await start(pool, options);
      begun = true;
      try {
        if (failures > 0) say('Connected again.');
        failures = 0;
        await (options.jobs === undefined ? keepScoring(pool, options) : stayConnected(pool, signal));
      } finally {
        await schedule.stop().catch((error: unknown) => say(`Stopping: ${keepableText(error)}`));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!begun && !isConnectionLoss(error)) throw error;
      failures += 1;
      const wait = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      say(
        `${isConnectionLoss(error) ? 'The connection is lost' : 'Interrupted'}: ${keepableText(error)}. Trying again in ${wait / 1000} s.`,
      );
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}

/** Throws when the connection is lost, as `stayConnected` does. */
async function keepScoring(pool: Pool, { key, signal, onScored }: WatchOptions): Promise<void> {
  await watch(pool, { clock: () => serverNow(pool), key, signal, onScored: ({ scored }) => onScored(scored) });
}

async function stayConnected(pool: Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await serverNow(pool);
    await pause(FIRST_PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

function start(pool: Pool, { mode, key, jobs, onRun, say }: WatchOptions): Promise<Schedule> {
  return startSchedule(pool, {
    jobs: jobs ?? jobsOf(mode),
    key,
    clock: () => serverNow(pool),
    onRun,
    // A lost connection fails each of its queries; the scoring loop is who tells of it.
    onError: (error) => {
      if (!isConnectionLoss(error)) say(`Scheduler: ${keepableText(error)}`);
    },
  });
}
