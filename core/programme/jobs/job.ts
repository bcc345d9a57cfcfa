import type { Mode } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import type { Pool } from '../../postgres/connection.ts';

/** Ends a job after the step under way; the next run goes on from there. */
export type Stop = { readonly signal?: AbortSignal | undefined };

export type JobOptions = Stop & {
  /** The engine's clock. */
  readonly now: Date;
  readonly key: HashKey;
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
  /** It hashes nothing, so a machine without the hash key can run it. */
  readonly keyless?: true;
  readonly run: (pool: Pool, options: JobOptions) => Promise<JobFigures>;
};
