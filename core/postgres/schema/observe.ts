import { primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { umpireSchema } from './umpire.ts';

/** What the scans of observe mode remember (migration 0005). */

export const scans = umpireSchema.table('scans', {
  kind: text('kind').primaryKey(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull(),
});

export const observed = umpireSchema.table(
  'observed',
  {
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    digest: text('digest').notNull(),
  },
  (table) => [primaryKey({ name: 'observed_pkey', columns: [table.kind, table.id] })],
);
