import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { reviewQueue } from './referrals.ts';
import { umpireSchema, xid8 } from './umpire.ts';

/** Claims and bulk sessions; what each column means stands in migration 0009. */
export const claims = umpireSchema.table(
  'claims',
  {
    itemId: uuid('item_id').primaryKey(),
    analyst: text('analyst').notNull(),
    claimedAt: timestamp('claimed_at', { withTimezone: true }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    tx: xid8('tx').notNull(),
  },
  (table) => [
    foreignKey({ name: 'claims_item_id_fk', columns: [table.itemId], foreignColumns: [reviewQueue.id] }).onDelete(
      'cascade',
    ),
  ],
);

export const bulkSessions = umpireSchema.table(
  'bulk_sessions',
  {
    sessionId: uuid('session_id').primaryKey(),
    state: text('state').notNull(),
    startedBy: text('started_by').notNull(),
    actor: text('actor').notNull(),
    onBehalfOf: text('on_behalf_of'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    decision: text('decision'),
    reason: text('reason'),
    note: text('note'),
    chosenBy: text('chosen_by').notNull(),
    asked: text('asked').notNull(),
    items: integer('items').notNull(),
    settled: integer('settled').notNull().default(0),
    undoLeft: integer('undo_left'),
    undoInTime: boolean('undo_in_time'),
    undone: integer('undone').notNull().default(0),
    outcomes: jsonb('outcomes').notNull().default({}),
    paid: bigint('paid', { mode: 'number' }).notNull().default(0),
    rejected: bigint('rejected', { mode: 'number' }).notNull().default(0),
    reversed: bigint('reversed', { mode: 'number' }).notNull().default(0),
    touchedAt: timestamp('touched_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('bulk_sessions_created_idx').on(table.createdAt)],
);

export const bulkItems = umpireSchema.table(
  'bulk_items',
  {
    sessionId: uuid('session_id').notNull(),
    position: integer('position').notNull(),
    itemId: uuid('item_id').notNull(),
    expectedVersion: integer('expected_version'),
    decision: text('decision'),
    reason: text('reason'),
    note: text('note'),
    decisionId: uuid('decision_id').notNull(),
    outcome: text('outcome'),
    message: text('message'),
    paid: integer('paid'),
    rejected: integer('rejected'),
    reversed: integer('reversed'),
    isRepeated: boolean('is_repeated').notNull().default(false),
    undoOutcome: text('undo_outcome'),
    undoMessage: text('undo_message'),
  },
  (table) => [
    primaryKey({ name: 'bulk_items_pkey', columns: [table.sessionId, table.position] }),
    foreignKey({
      name: 'bulk_items_session_id_fkey',
      columns: [table.sessionId],
      foreignColumns: [bulkSessions.sessionId],
    }).onDelete('cascade'),
  ],
);
