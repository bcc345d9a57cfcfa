import { z } from 'zod';
import { reasonCode } from '../contract/workspace.ts';
import type { Decision } from '../domain/decision.ts';
import type { Pool } from '../postgres/connection.ts';
import type { Clock } from '../postgres/roles/accounts.ts';
import { type Queryable, row, rows } from '../postgres/rows.ts';

export const reviewSettings = z.object({
  /** Credits at stake above which a second analyst confirms; null: none does for the amount. */
  second_review_above: z.int().nullable(),
  /** Share of the items, chosen by chance, that a second analyst confirms. */
  second_review_share: z.coerce.number(),
  undo_minutes: z.int(),
  claim_minutes: z.int(),
});
export type ReviewSettings = z.infer<typeof reviewSettings>;

/** Changes the settings that are named; returns all as they stand. */
export async function changeSettings(
  pool: Pool,
  changes: Partial<ReviewSettings>,
  clock: Clock,
): Promise<ReviewSettings> {
  const found = await row(
    pool,
    z.object({ settings: reviewSettings }),
    'SELECT umpire.change_settings($1, $2) AS settings',
    [JSON.stringify(changes), clock],
  );
  if (found === null) throw new Error('This database has no settings of the review.');
  return found.settings;
}

export const storedReason = reasonCode.extend({ is_active: z.boolean() });
export type StoredReason = z.infer<typeof storedReason>;

/** All reasons, those that were retired too. */
export function listReasons(db: Queryable): Promise<StoredReason[]> {
  return rows(
    db,
    storedReason,
    'SELECT code, label, decision, is_active FROM umpire.reason_codes ORDER BY position, code',
  );
}

export async function addReason(
  pool: Pool,
  reason: { readonly code: string; readonly label: string; readonly decision: Decision },
  clock: Clock,
): Promise<void> {
  await pool.query('SELECT umpire.add_reason($1, $2, $3, $4)', [reason.code, reason.label, reason.decision, clock]);
}

export async function retireReason(pool: Pool, code: string, clock: Clock): Promise<void> {
  await pool.query('SELECT umpire.retire_reason($1, $2)', [code, clock]);
}
