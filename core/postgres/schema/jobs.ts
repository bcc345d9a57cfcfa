import { bigint, date, foreignKey, index, jsonb, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { relationships } from './referrals.ts';
import { umpireSchema } from './umpire.ts';

/** Jobs, statistics, and what stays after a purge; what each column means stands in migration 0004. */
export const jobRuns = umpireSchema.table(
  'job_runs',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    job: text('job').notNull(),
    machine: text('machine').notNull(),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
    clock: timestamp('clock', { withTimezone: true }).notNull(),
    outcome: text('outcome').notNull().default('running'),
    figures: jsonb('figures'),
    error: text('error'),
  },
  (table) => [index('job_runs_job_idx').on(table.job, table.id), index('job_runs_started_idx').on(table.startedAt)],
);

export const staleDays = umpireSchema.table('stale_days', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  day: date('day').notNull(),
});

export const keptEvidence = umpireSchema.table(
  'kept_evidence',
  {
    relationshipId: uuid('relationship_id').notNull(),
    signal: text('signal').notNull(),
    evidence: jsonb('evidence').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'kept_evidence_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    primaryKey({ name: 'kept_evidence_pkey', columns: [table.relationshipId, table.signal] }),
  ],
);
