import { z } from 'zod';
import { type UndoResult, undoResult } from '../contract/case.ts';
import { inTransaction, type Pool } from '../postgres/connection.ts';
import type { DecideOptions } from './decide.ts';

export type UndoCall = {
  /** Idempotency key: the same call again has its first outcome and no second effect. */
  readonly undoId: string;
  readonly decisionId: string;
  readonly note?: string | undefined;
};

/**
 * Takes decisions back, each with its own outcome, in the order given: one's own within the time for it, those of others
 * and late ones as a lead, one's own that waits for a second analyst at any time.
 */
export async function undo(pool: Pool, calls: readonly UndoCall[], options: DecideOptions = {}): Promise<UndoResult[]> {
  if (calls.length === 0) return [];
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ outcome: unknown }>(
      'SELECT u AS outcome FROM umpire.undo_items($1, $2, $3) AS u',
      [JSON.stringify(calls), options.onBehalfOf ?? null, options.now ?? null],
    );
    return z.array(undoResult).parse(rows.map(({ outcome }) => outcome));
  });
}
