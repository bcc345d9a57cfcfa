import { index, integer, jsonb, pgEnum, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { users } from './auth.ts';

export const creditsSchema = pgSchema('credits');

export const transactionTypeEnum = pgEnum('transaction_type', [
  'purchase',
  'usage',
  'refund',
  'bonus',
  'expiry',
  'adjustment',
]);
export const transactionStatusEnum = pgEnum('transaction_status', ['pending', 'completed', 'failed', 'cancelled']);

/** Credits: what a user has is `balance` plus `free_credits_remaining`; bonuses go to `balance`. */
export const balances = creditsSchema.table('balances', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  balance: integer('balance').default(0).notNull(),
  freeCreditsRemaining: integer('free_credits_remaining').default(0).notNull(),
  dailyFreeCredits: integer('daily_free_credits').default(0).notNull(),
  lastDailyResetAt: timestamp('last_daily_reset_at', { withTimezone: true }),
  totalEarned: integer('total_earned').default(0).notNull(),
  totalSpent: integer('total_spent').default(0).notNull(),
  version: integer('version').default(0).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).defaultNow().notNull(),
});

export const transactions = creditsSchema.table(
  'transactions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    type: transactionTypeEnum('type').notNull(),
    status: transactionStatusEnum('status').default('pending').notNull(),
    /** Negative for usage. */
    amount: integer('amount').notNull(),
    balanceBefore: integer('balance_before').notNull(),
    balanceAfter: integer('balance_after').notNull(),
    appId: text('app_id').notNull(),
    description: text('description').notNull(),
    metadata: jsonb('metadata'),
    idempotencyKey: text('idempotency_key').unique(),
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
    completedAt: timestamp('completed_at', { withTimezone: true }),
  },
  (table) => [index('transactions_user_idx').on(table.userId)],
);
