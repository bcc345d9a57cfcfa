import { z } from 'zod';
import { type CaseFile, type ClaimResult, claimResult } from '../contract/case.ts';
import type { QueueFilter } from '../contract/queue.ts';
import { inTransaction, type Pool } from '../postgres/connection.ts';
import { dbInstant, type Queryable, row } from '../postgres/rows.ts';
import { IS_LIVE } from './live-claim.ts';
import { queueIds } from './queue.ts';

const claimed = claimResult.extend({ until: dbInstant }).nullable();

/**
 * Claims an item for the login, or renews its claim; tells who has it now. With `takeOver` it is taken from whoever has it. Null
 * where there is nothing to decide for this login.
 */
export function claimItem(pool: Pool, itemId: string, takeOver: boolean): Promise<ClaimResult | null> {
  return inTransaction(pool, (client) => askForClaim(client, 'umpire.claim_item($1, $2)', [itemId, takeOver]));
}

/** Ends the login's claim; nothing where it has none. */
export async function releaseClaim(pool: Pool, itemId: string): Promise<void> {
  await pool.query('SELECT umpire.release_claim($1)', [itemId]);
}

const CANDIDATES = 50;
const OPEN = ['pending', 'escalated'] as const;

/**
 * Claims the first item of this filter and order that nobody else has; null when there is none. Candidates that others claim
 * meanwhile no longer match when the next ones are read.
 */
export async function claimNext(pool: Pool, filter: QueueFilter, now: Date): Promise<ClaimResult | null> {
  const statuses = OPEN.filter((status) => filter.statuses.length === 0 || filter.statuses.includes(status));
  if (statuses.length === 0) return null;
  const passed = new Set<string>();
  for (;;) {
    const ids = await queueIds(pool, { ...filter, statuses, unclaimed: true }, CANDIDATES + passed.size, now);
    const fresh = ids.filter((id) => !passed.has(id));
    if (fresh.length === 0) return null;
    const got = await inTransaction(pool, (client) => askForClaim(client, 'umpire.claim_first($1)', [fresh]));
    if (got !== null) return got;
    // Escalated items are not everybody's to claim: they are not asked for again.
    for (const id of fresh) passed.add(id);
  }
}

async function askForClaim(db: Queryable, call: string, values: readonly unknown[]): Promise<ClaimResult | null> {
  const found = await row(db, z.object({ claim: claimed }), `SELECT ${call} AS claim`, values);
  return found?.claim ?? null;
}

/** Who works on an item now; null when nobody does. */
export function readClaim(db: Queryable, itemId: string): Promise<CaseFile['claim']> {
  return row(
    db,
    z.object({ by: z.string(), until: dbInstant, isMine: z.boolean() }),
    `SELECT c.analyst AS by, c.expires_at AS until, c.analyst = session_user AS "isMine"
     FROM umpire.claims AS c WHERE c.item_id = $1 AND ${IS_LIVE}`,
    [itemId],
  );
}
