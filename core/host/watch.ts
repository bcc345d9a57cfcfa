import { setTimeout as pause } from 'node:timers/promises';
import { syncPatternKeys } from '../engine/patterns/sync.ts';
import { score } from '../engine/score.ts';
import { jobsOf } from '../programme/jobs/index.ts';
import { startSchedule } from '../programme/jobs/schedule.ts';
import { serverNow } from '../postgres/clock.ts';
import { isConnectionLoss } from '../postgres/connection-loss.ts';
import { keepableText, traceError } from '../postgres/error-text.ts';
import { NO_HASH_KEY } from '../postgres/hash-key.ts';
import { recordedMode } from '../postgres/mode.ts';
import { endedInWords, withoutObstructions } from '../postgres/obstructions.ts';
import { withoutSecrets } from './secrets.ts';
import type { Session } from './session.ts';

export type Watch = {
  /** Ends after the batch at hand. */
  stop(): Promise<void>;
};

export type WatchOptions = {
  readonly log: (line: string) => void;
  /** The connection is lost; the watch has ended. */
  readonly onLost: (error: unknown) => void;
};

const EVERY_MS = 2000;
const SCHEDULE_RETRY_MS = 60_000;

/**
 * Scores what is dirty and runs jobs when they are due, again and again until it is stopped: for a login of the engine. Where a
 * reviewer is logged in, other machines do.
 */
export function watch(session: Session, options: WatchOptions): Watch {
  const stop = new AbortController();
  const ended = withoutObstructions(
    session.pool,
    (login) => options.log(endedInWords(login)),
    () => Promise.all([run(session, options, stop.signal), keepSchedule(session, options, stop.signal)]),
  );
  return {
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function run({ pool, key }: Session, { log, onLost }: WatchOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (key !== null) await syncPatternKeys(pool, key);
      await score(pool, { now: await serverNow(pool), signal });
    } catch (error) {
      if (signal.aborted) return;
      if (isConnectionLoss(error)) {
        onLost(error);
        return;
      }
      // What could not be scored stays unpaid and dirty, and is tried again.
      log(`watch: ${withoutSecrets(traceError(error), undefined)}`);
    }
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** This machine's part in the jobs. Where it cannot be had, the window works all the same. */
async function keepSchedule({ pool, key }: Session, { log }: WatchOptions, signal: AbortSignal): Promise<void> {
  const tell = (error: unknown): void => {
    // Told by the loop above, which ends the watch.
    if (!isConnectionLoss(error) && !signal.aborted) log(`jobs: ${keepableText(error)}`);
  };
  while (!signal.aborted) {
    try {
      const mode = (await recordedMode(pool)) ?? 'programme';
      const schedule = await startSchedule(pool, {
        jobs: jobsOf(mode).filter(({ keyless }) => key !== null || keyless === true),
        key: key ?? NO_HASH_KEY,
        clock: () => serverNow(pool),
        onRun: (done) => {
          if (done.outcome === 'failed') log(`job ${done.job} failed: ${done.error}`);
        },
        onError: tell,
      });
      await aborted(signal);
      await schedule.stop();
    } catch (error) {
      tell(error);
      await pause(SCHEDULE_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
