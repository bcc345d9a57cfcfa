import type { Mode } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import type { Pool } from '../../postgres/connection.ts';

export type JobOptions = {
  /** The engine's clock. */
  readonly now: Date;
  readonly key: HashKey;
  /** Ends the job after the step under way; the next run goes on from there. */
  readonly signal?: AbortSignal;
};

/** What a run did, in numbers, e.g. `{ released: 12 }`; kept in its run record. */
export type JobFigures = Readonly<Record<string, number>>;

/**
 * A job: idempotent, safe on several machines at once, and killed at any point the next run completes what this one began
 * (SPEC 2).
 */
export type Job = {
  readonly name: string;
  /** When it is due with `--watch`: five cron fields, in UTC. */
  readonly cron: string;
  /** Where it has work. */
  readonly modes: readonly Mode[];
  readonly run: (pool: Pool, options: JobOptions) => Promise<JobFigures>;
};
