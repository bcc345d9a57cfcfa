import { z } from 'zod';
import { type DecideResult, decideResult } from '../contract/case.ts';
import type { Decision } from '../domain/decision.ts';
import { inTransaction, type Pool } from '../postgres/connection.ts';

export type DecisionCall = {
  /** Idempotency key: the same call again has its first outcome and no second effect. */
  readonly decisionId: string;
  readonly itemId: string;
  /** The version that was looked at; without it no rise of the band is noticed. */
  readonly expectedVersion?: number | undefined;
  readonly decision: Decision;
  readonly reason: string;
  readonly note?: string | undefined;
};

/** For the owner's and the engine's login alone; the server refuses either from any other. */
export type DecideOptions = {
  /** The clock; the server's where it is not given. */
  readonly now?: Date | undefined;
  /** Who decides; audited as "on behalf of". */
  readonly onBehalfOf?: string | undefined;
};

/** Decides items, each with its own outcome, in the order given; the actor is the database login. */
export async function decide(
  pool: Pool,
  calls: readonly DecisionCall[],
  options: DecideOptions = {},
): Promise<DecideResult[]> {
  const given = await decideOnce(pool, calls, options);
  // A second opinion takes effect after the transaction that gave it: asked again, it is settled and tells what became of it.
  const settled = await decideOnce(
    pool,
    calls.filter((_, nth) => given[nth]?.outcome === 'awaiting_second'),
    options,
  );
  return given.map((result) => (result.outcome === 'awaiting_second' ? (settled.shift() ?? result) : result));
}

async function decideOnce(pool: Pool, calls: readonly DecisionCall[], options: DecideOptions): Promise<DecideResult[]> {
  if (calls.length === 0) return [];
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ outcome: unknown }>(
      'SELECT d AS outcome FROM umpire.decide_items($1, $2, $3) AS d',
      [JSON.stringify(calls), options.onBehalfOf ?? null, options.now ?? null],
    );
    return z.array(decideResult).parse(rows.map(({ outcome }) => outcome));
  });
}
