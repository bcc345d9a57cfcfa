import type { SignalName } from '../domain/signals.ts';
import type { Client } from '../postgres/connection.ts';

/** What a signal matched, with ids and times: enough to check by eye. Kept as JSON in `umpire.evidence`. */
export type Evidence = Readonly<Record<string, unknown>>;

/** How a sentence of evidence names things; gives people's names and times in the reader's zone. */
export type Words = {
  /** `12 Mar, 09:14` */
  readonly time: (iso: unknown) => string;
  /** `4 min 10 s`, from milliseconds. */
  readonly span: (milliseconds: number) => string;
  /** `7f3a…c2` */
  readonly short: (hash: unknown) => string;
};

type Described = {
  readonly name: SignalName;
  /** One sentence that a person can check. */
  readonly describe: (evidence: Evidence, words: Words) => string;
};

/**
 * A signal. One with `sql` is a query over the temporary table `umpire_batch` (one row a referral to be scored, columns
 * of `umpire.referrals` and `code_created_at`) that yields `(relationship_id, evidence jsonb)` for those where it fires.
 * One with `detect` computes the same outside the database.
 */
export type Signal = Described &
  ({ readonly sql: string } | { readonly detect: (client: Client) => Promise<readonly Fired[]> });

export type Fired = { readonly relationshipId: string; readonly evidence: Evidence };
