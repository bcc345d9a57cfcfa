import { index, text, timestamp } from 'drizzle-orm/pg-core';
import { umpireSchema } from './umpire.ts';

/** Looking codes up, and the instants of live calls; what each column means stands in the migrations. */

export const validations = umpireSchema.table(
  'validations',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    code: text('code').notNull(),
    ipHash: text('ip_hash').notNull(),
    outcome: text('outcome'),
  },
  (table) => [index('validations_ip_idx').on(table.ipHash, table.at, table.eventId)],
);

export const liveInstants = umpireSchema.table('live_instants', {
  subject: text('subject').primaryKey(),
  at: timestamp('at', { withTimezone: true }).notNull(),
});
