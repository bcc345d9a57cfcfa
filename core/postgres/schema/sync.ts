import { foreignKey, index, jsonb, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import { reviewQueue } from './referrals.ts';
import { umpireSchema, xid8 } from './umpire.ts';

/** What caches pull and objections; what each column means stands in migration 0012. */
export const itemsGone = umpireSchema.table(
  'items_gone',
  {
    itemId: uuid('item_id').notNull(),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('items_gone_tx_idx').on(table.tx)],
);

export const referralsGone = umpireSchema.table(
  'referrals_gone',
  {
    referrerId: text('referrer_id').notNull(),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('referrals_gone_tx_idx').on(table.tx)],
);

export const objections = umpireSchema.table(
  'objections',
  {
    objectionId: uuid('objection_id').primaryKey(),
    itemId: uuid('item_id').notNull(),
    relationshipId: uuid('relationship_id').notNull(),
    actor: text('actor').notNull(),
    onBehalfOf: text('on_behalf_of'),
    decision: text('decision').notNull(),
    reason: text('reason').notNull(),
    note: text('note'),
    outcome: jsonb('outcome').notNull(),
    madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
    settledAt: timestamp('settled_at', { withTimezone: true }),
    settledBy: text('settled_by'),
  },
  (table) => [
    foreignKey({ name: 'objections_item_id_fk', columns: [table.itemId], foreignColumns: [reviewQueue.id] }).onDelete(
      'cascade',
    ),
    index('objections_item_idx').on(table.itemId),
    index('objections_open_idx')
      .on(table.madeAt)
      .where(sql`settled_at IS NULL`),
    uniqueIndex('objections_asked_idx')
      .on(table.itemId, sql`COALESCE(on_behalf_of, actor)`)
      .where(sql`settled_at IS NULL`),
  ],
);
