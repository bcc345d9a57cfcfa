import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from '../postgres/connection.ts';
import type { HashKey } from '../postgres/hash-key.ts';
import { syncPatternKeys } from './patterns/sync.ts';
import { score, type ScoreReport } from './score.ts';

export type WatchOptions = {
  readonly clock: () => Date | Promise<Date>;
  readonly key: HashKey;
  readonly signal: AbortSignal;
  /** Called before each round, e.g. to look for changes. */
  readonly before?: (now: Date) => Promise<void>;
  /** Called after each round that scored something. */
  readonly onScored?: (report: ScoreReport) => void;
};

const INTERVAL_MS = 1000;

/** Scores what becomes dirty, by the patterns as they are written, until it is stopped; returns what was scored in all. */
export async function watch(pool: Pool, { clock, key, signal, before, onScored }: WatchOptions): Promise<ScoreReport> {
  const sum = { scored: 0, changed: 0, failing: 0 };
  while (!signal.aborted) {
    await before?.(await clock());
    await syncPatternKeys(pool, key);
    const report = await score(pool, { now: await clock(), signal });
    sum.scored += report.scored;
    sum.changed += report.changed;
    sum.failing += report.failing;
    if (report.scored > 0 || report.failing > 0) onScored?.(report);
    await pause(INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  return sum;
}
