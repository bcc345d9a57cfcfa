import { boolean, foreignKey, index, integer, jsonb, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { relationships, reviewQueue } from './referrals.ts';
import { umpireSchema, xid8 } from './umpire.ts';

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

export const secondOpinions = umpireSchema.table(
  'second_opinions',
  {
    decisionId: uuid('decision_id').primaryKey(),
    itemId: uuid('item_id').notNull(),
    who: text('who').notNull(),
    actor: text('actor').notNull(),
    onBehalfOf: text('on_behalf_of'),
    isLead: boolean('is_lead').notNull(),
    expectedVersion: integer('expected_version'),
    decision: text('decision').notNull(),
    reason: text('reason').notNull(),
    note: text('note'),
    outcome: jsonb('outcome').notNull(),
    position: integer('position').notNull(),
    givenAt: timestamp('given_at', { withTimezone: true }).notNull(),
    sessionId: uuid('session_id'),
    sessionPosition: integer('session_position'),
    tx: xid8('tx').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'second_opinions_item_id_fk',
      columns: [table.itemId],
      foreignColumns: [reviewQueue.id],
    }).onDelete('cascade'),
    unique('second_opinions_item_id_who_key').on(table.itemId, table.who),
    index('second_opinions_tx_idx').on(table.tx),
  ],
);
