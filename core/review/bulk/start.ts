import { createHash } from 'node:crypto';
import type { BulkChoice, BulkStart } from '../../contract/bulk.ts';
import { queueFilter } from '../../contract/queue.ts';
import type { Decision } from '../../domain/decision.ts';
import { inTransaction, type Client, type Pool } from '../../postgres/connection.ts';
import type { Queryable } from '../../postgres/rows.ts';
import { queueIds } from '../queue.ts';
import { chosenBy } from './chosen-by.ts';
import { ringOf } from './ring.ts';

/** More than this is not one choice that a person made. */
export const MOST_ITEMS = 10_000;

/** A bulk session that cannot be had as it was asked for; the message says why. */
export class BulkRefused extends Error {}

export type Stands = {
  /** Who decides, where the login is the owner's or the engine's. */
  readonly onBehalfOf?: string | undefined;
  /** The clock, for owner and engine; the server's when left out. */
  readonly now?: Date | undefined;
};

/**
 * Freezes the open items of a choice; nothing is decided. The same call again is the same session, whatever would match by then.
 * Throws BulkRefused where nothing or too much matches.
 */
export async function startBulk(pool: Pool, start: BulkStart, now: Date, stands: Stands = {}): Promise<void> {
  const { sessionId, choice, decision, reason, note } = start;
  await inTransaction(pool, async (client) => {
    if (await isStarted(client, sessionId)) {
      await freeze(client, { sessionId, items: [], onlyOpen: true, decision, reason, note, ...told(start) }, stands);
      return;
    }
    const itemIds = await choose(client, choice, now);
    if (itemIds.length > MOST_ITEMS) {
      throw new BulkRefused(
        `More than ${MOST_ITEMS.toLocaleString('en-GB')} items match: choose fewer, by a filter or by score.`,
      );
    }
    const items = itemIds.map((itemId) => ({ itemId }));
    await freeze(client, { sessionId, items, onlyOpen: true, decision, reason, note, ...told(start) }, stands);
  });
}

function told(start: BulkStart): { readonly chosenBy: string; readonly asked: string } {
  const { choice, decision, reason, note } = start;
  return { chosenBy: chosenBy(choice), asked: digestOf([choice, decision, reason, note ?? null]) };
}

/** What was asked for, so that a session id is not used again for something else. */
export function digestOf(asked: unknown): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** A login does not see every session; whether the id is taken is asked of the function then. */
async function isStarted(db: Queryable, sessionId: string): Promise<boolean> {
  const { rows } = await db.query('SELECT 1 FROM umpire.bulk_sessions_seen WHERE session_id = $1', [sessionId]);
  return rows.length > 0;
}

async function choose(db: Queryable, choice: BulkChoice, now: Date): Promise<readonly string[]> {
  switch (choice.kind) {
    case 'items':
      return [...new Set(choice.itemIds)];
    case 'filter':
      return queueIds(db, queueFilter.parse(choice.filter), MOST_ITEMS + 1, now);
    case 'ring':
      return ringOf(db, choice.itemId);
  }
}

export type FrozenItem = {
  readonly itemId: string;
  /** Where the session has no decision for all. */
  readonly decision?: Decision;
  readonly reason?: string;
  readonly note?: string | undefined;
  readonly decisionId?: string | undefined;
};

export type Freeze = {
  readonly sessionId: string;
  readonly items: readonly FrozenItem[];
  /** Leaves out what this login cannot decide now. */
  readonly onlyOpen: boolean;
  readonly decision: Decision | null;
  readonly reason: string | null;
  readonly note?: string | undefined;
  readonly chosenBy: string;
  readonly asked: string;
};

/** Writes a session down with its items, in their order; inside the caller's transaction. */
export async function freeze(client: Client, session: Freeze, { onBehalfOf, now }: Stands): Promise<void> {
  await client.query('SELECT umpire.start_bulk($1, $2::jsonb, $3, $4, $5, $6, $7, $8, $9, $10)', [
    session.sessionId,
    JSON.stringify(session.items),
    session.onlyOpen,
    session.decision,
    session.reason,
    session.note ?? null,
    session.chosenBy,
    session.asked,
    onBehalfOf ?? null,
    now ?? null,
  ]);
}
