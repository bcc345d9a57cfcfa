import { foreignKey, integer, jsonb, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { bonusStatusEnum, relationships } from './referrals.ts';
import { decisions, umpireSchema } from './umpire.ts';

/** What decisions found, did and were based on; what each column means stands in migration 0008. */
export const decisionEffects = umpireSchema.table(
  'decision_effects',
  {
    decisionId: uuid('decision_id').notNull(),
    bonusId: uuid('bonus_id').notNull(),
    done: text('done').notNull(),
    statusBefore: bonusStatusEnum('status_before').notNull(),
    holdReasonBefore: text('hold_reason_before'),
    holdUntilBefore: timestamp('hold_until_before', { withTimezone: true }),
    credits: integer('credits').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'decision_effects_decision_id_fkey',
      columns: [table.decisionId],
      foreignColumns: [decisions.decisionId],
    }).onDelete('cascade'),
    primaryKey({ name: 'decision_effects_pkey', columns: [table.decisionId, table.bonusId] }),
  ],
);

export const knownEvidence = umpireSchema.table(
  'known_evidence',
  {
    digest: text('digest').primaryKey(),
    relationshipId: uuid('relationship_id').notNull(),
    evidenceHash: text('evidence_hash').notNull(),
    salt: text('salt'),
    signals: jsonb('signals').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'known_evidence_relationship_id_fk',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    unique('known_evidence_relationship_id_evidence_hash_key').on(table.relationshipId, table.evidenceHash),
  ],
);
