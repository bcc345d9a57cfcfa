import { foreignKey, jsonb, text, unique, uuid } from 'drizzle-orm/pg-core';
import { relationships } from './referrals.ts';
import { umpireSchema } from './umpire.ts';

/** What decisions were based on; what each column means stands in migration 0008. */
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
