import type { z } from 'zod';
import type { OutboxPage, outboxRequest, OutboxRow } from '../contract/sync.ts';
import { OUTBOX_STATES, type OutboxState } from '../domain/outbox.ts';
import type { Outgoing } from '../sync/ports.ts';
import { countsAlike, isAsked } from './alike.ts';
import {
  LISTED,
  type ListedOperation,
  outboxRowOf,
  outgoingOf,
  storedOperation,
  type StoredOperation,
} from './outbox-row.ts';
import { IS_TROUBLED, IS_UNDELIVERED, NOT_OVER } from './outbox-sql.ts';
import type { Store } from './store.ts';

export type OutboxReads = {
  /** Newest first. */
  outbox(request: z.output<typeof outboxRequest>): OutboxPage;
  outgoing(id: string): Outgoing | null;
  /** An operation as the window lists it; throws where it is none of this outbox. */
  rowOf(outgoing: Outgoing): OutboxRow;
  /** How many came back of its session as this one did, itself among them, and how many of those can be handed to a lead. */
  alike(id: string): { troubled: number; toHand: number };
  /** Whether a lead is asked already about the item of what came back. */
  isAsked(id: string): boolean;
  /** Whether the server has refused for good to take this decision back. */
  isUndoRefused(decisionId: string): boolean;
  /** What objections were to settle that were refused: it is to be settled again. */
  unsettledBy(ids: readonly string[]): string[];
};

/** For the other sides. */
type KnownOutbox = {
  /** The last operation on an item that is not over. */
  readonly lastOn: (itemId: string) => Outgoing | null;
  readonly inOutbox: () => { waiting: number; troubled: number; awaitingSecond: number };
};

export function outboxReads(store: Store): OutboxReads & KnownOutbox {
  return {
    outbox({ states, troubled, sessionId, offset, limit }) {
      const conditions = [
        ...(states.length === 0 ? [] : [`state IN (${states.map(() => '?').join(', ')})`]),
        ...(troubled === undefined ? [] : [troubled ? IS_TROUBLED : `NOT ${IS_TROUBLED}`]),
        ...(sessionId === undefined ? [] : ['session_id = ?']),
      ];
      const values = [...states, ...(sessionId === undefined ? [] : [sessionId])];
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const total = store.get<{ rows: number }>(`SELECT count(*) AS rows FROM outbox ${where}`, ...values)?.rows ?? 0;
      const rows = store.all<ListedOperation>(
        `${LISTED} ${where} ORDER BY seq DESC LIMIT ? OFFSET ?`,
        ...values,
        limit,
        offset,
      );
      const byState = Object.fromEntries(OUTBOX_STATES.map((state) => [state, 0])) as { [S in OutboxState]: number };
      for (const { state, rows } of store.all<{ state: OutboxState; rows: number }>(
        'SELECT state, count(*) AS rows FROM outbox GROUP BY state',
      )) {
        byState[state] = rows;
      }
      return { total, offset, byState, rows: rows.map(outboxRowOf) };
    },
    outgoing(id) {
      const row = storedOperation(store, id);
      return row === undefined ? null : outgoingOf(row);
    },
    rowOf({ id }) {
      const row = store.get<ListedOperation>(`${LISTED} WHERE id = ?`, id);
      if (row === undefined) throw new Error(`${id} is none of this outbox`);
      return outboxRowOf(row);
    },
    alike(id) {
      const row = storedOperation(store, id);
      return row === undefined ? { troubled: 0, toHand: 0 } : countsAlike(store, row);
    },
    isAsked: (id) => isAsked(store, { id }),
    isUndoRefused: (decisionId) =>
      store.get(
        `SELECT 1 FROM outbox WHERE undoes = ? AND state IN ('rejected', 'conflict') AND answered_status IS NOT NULL`,
        decisionId,
      ) !== undefined,
    unsettledBy(ids) {
      const refused = `SELECT settles FROM outbox WHERE id = ? AND kind = 'object' AND state = 'rejected' AND settles IS NOT NULL`;
      return ids.flatMap((id) => store.get<{ settles: string }>(refused, id)?.settles ?? []);
    },
    lastOn(itemId) {
      const row = store.get<StoredOperation>(
        `SELECT * FROM outbox WHERE item_id = ? AND ${NOT_OVER} ORDER BY seq DESC LIMIT 1`,
        itemId,
      );
      return row === undefined ? null : outgoingOf(row);
    },
    inOutbox() {
      const count = (condition: string): number =>
        store.get<{ rows: number }>(`SELECT count(*) AS rows FROM outbox WHERE ${condition}`)?.rows ?? 0;
      return {
        waiting: count(IS_UNDELIVERED),
        troubled: count(IS_TROUBLED),
        awaitingSecond: count(`state = 'awaiting_second'`),
      };
    },
  };
}
