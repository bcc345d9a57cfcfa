import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
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
import { isEngine } from '../postgres/roles/login.ts';
import { dbInstant, type Queryable, row } from '../postgres/rows.ts';
import { withoutSecrets } from './secrets.ts';
import type { Session } from './session.ts';

export type Watch = {
  /** Ends after the batch at hand. */
  stop(): Promise<void>;
};

export type WatchOptions = {
  readonly log: (line: string) => void;
  /** Items changed, by whatever program. */
  readonly onChange: () => void;
  /** The connection is lost; the watch has ended. */
  readonly onLost: (error: unknown) => void;
};

const EVERY_MS = 2000;
const SCHEDULE_RETRY_MS = 60_000;

/**
 * Looks for changed items again and again until it is stopped. A login of the engine also scores what is dirty and runs jobs when
 * they are due; where a reviewer is logged in, other machines do.
 */
export function watch(session: Session, options: WatchOptions): Watch {
  const stop = new AbortController();
  const ended = isEngine(session.role)
    ? withoutObstructions(
        session.pool,
        (login) => options.log(endedInWords(login)),
        () => Promise.all([run(session, options, stop.signal), keepSchedule(session, options, stop.signal)]),
      )
    : run(session, options, stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function run(
  { pool, role, key }: Session,
  { log, onChange, onLost }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let seen: Look | null = null;
  while (!signal.aborted) {
    try {
      if (isEngine(role)) {
        if (key !== null) await syncPatternKeys(pool, key);
        await score(pool, { now: await serverNow(pool), signal });
      }
      const look = await lookForChanges(pool, seen);
      seen = look;
      if (look.changed) onChange();
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

const changes = z.object({ snapshot: z.string(), at: dbInstant, changed: z.boolean() });
type Look = z.infer<typeof changes>;

async function lookForChanges(db: Queryable, before: Look | null): Promise<Look> {
  const look = await row(db, changes, CHANGES, [before?.snapshot ?? null, before?.at ?? null]);
  if (look === null) throw new Error('the look for changes found no row');
  return look;
}

/**
 * Items and claims written by transactions that the last look did not see, however late they committed (DESIGN, pull), and
 * claims that ended by themselves since.
 */
const CHANGES = `
  SELECT pg_current_snapshot()::text AS snapshot, statement_timestamp() AS at,
    $1::pg_snapshot IS NOT NULL AND (${writtenSince('items')} OR ${writtenSince('claims')} OR EXISTS (
      SELECT 1 FROM umpire.claims WHERE expires_at > $2::timestamptz AND expires_at <= statement_timestamp()
    )) AS changed`;

function writtenSince(table: 'items' | 'claims'): string {
  return `EXISTS (
      SELECT 1 FROM umpire.${table} WHERE tx >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::pg_snapshot)
    )`;
}
