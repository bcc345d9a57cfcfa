import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { score } from '../engine/score.ts';
import { advanceStages } from '../programme/jobs/advance-stages.ts';
import { releaseHolds } from '../programme/jobs/release-holds.ts';
import { traceError } from '../postgres/explain.ts';
import { row } from '../postgres/rows.ts';
import { withoutSecrets } from './secrets.ts';
import { serverNow } from './clock.ts';
import { isConnectionLoss } from './failures.ts';
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
/** How often what only the clock brings is looked for: ended holds, early usage, retention. */
const CLOCKED_EVERY_MS = 60_000;

/** Scores what is dirty, does what the clock brings, and looks for changed items, again and again until it is stopped. */
export function watch(session: Session, options: WatchOptions): Watch {
  const stop = new AbortController();
  const ended = run(session, options, stop.signal);
  return {
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function run({ pool }: Session, { log, onChange, onLost }: WatchOptions, signal: AbortSignal): Promise<void> {
  let seen: string | null = null;
  let clocked = 0;
  while (!signal.aborted) {
    try {
      const now = await serverNow(pool);
      if (Math.abs(now.getTime() - clocked) >= CLOCKED_EVERY_MS) {
        await advanceStages(pool, now);
        await releaseHolds(pool, now);
        clocked = now.getTime();
      }
      await score(pool, { now, signal });
      const look: z.infer<typeof changes> | null = await row(pool, changes, CHANGES, [seen]);
      if (look !== null) {
        seen = look.snapshot;
        if (look.changed) onChange();
      }
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

const changes = z.object({ snapshot: z.string(), changed: z.boolean() });

/** Items written by transactions that the last look did not see, however late they committed (DESIGN, pull). */
const CHANGES = `
  SELECT pg_current_snapshot()::text AS snapshot,
    $1::pg_snapshot IS NOT NULL AND EXISTS (
      SELECT 1 FROM umpire.items WHERE tx >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::pg_snapshot)
    ) AS changed`;
