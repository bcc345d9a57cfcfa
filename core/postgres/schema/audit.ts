import { sql } from 'drizzle-orm';
import { bigint, boolean, integer, jsonb, numeric, text, timestamp } from 'drizzle-orm/pg-core';
import { umpireSchema, xid8 } from './umpire.ts';

/** The audit chain, accounts and the settings of a review (migration 0007). */

export const auditLog = umpireSchema.table('audit_log', {
  seq: bigint('seq', { mode: 'bigint' }).primaryKey(),
  at: timestamp('at', { withTimezone: true }).notNull(),
  actor: text('actor').notNull(),
  onBehalfOf: text('on_behalf_of'),
  kind: text('kind').notNull(),
  details: jsonb('details').notNull(),
  previous: text('previous').notNull(),
  hash: text('hash').notNull(),
});

export const auditHead = umpireSchema.table('audit_head', {
  one: boolean('one').primaryKey().default(true),
  seq: bigint('seq', { mode: 'bigint' }).notNull(),
  hash: text('hash').notNull(),
});

export const accounts = umpireSchema.table('accounts', {
  login: text('login').primaryKey(),
  role: text('role').notNull(),
  displayName: text('display_name'),
  createdBy: text('created_by').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  disabledAt: timestamp('disabled_at', { withTimezone: true }),
});

export const reviewSettings = umpireSchema.table('review_settings', {
  one: boolean('one').primaryKey().default(true),
  secondReviewAbove: integer('second_review_above'),
  secondReviewShare: numeric('second_review_share').notNull().default('0'),
  secondReviewSalt: text('second_review_salt').notNull(),
  undoMinutes: integer('undo_minutes').notNull().default(10),
  claimMinutes: integer('claim_minutes').notNull().default(5),
  tx: xid8('tx')
    .notNull()
    .default(sql`pg_current_xact_id()`),
});
