import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { users } from './auth.ts';
import { bonusEvents, fraudPatterns, fraudSeverityEnum, relationships, reviewQueue } from './referrals.ts';

/** What Umpire needs beyond the seed's tables; what each column means stands in the migrations. */
export const umpireSchema = pgSchema('umpire');

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** A transaction's 64-bit id, as text. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

export const workspace = umpireSchema.table('workspace', {
  one: boolean('one').primaryKey().default(true),
  mode: text('mode').notNull(),
  hashKeyCheck: text('hash_key_check').notNull(),
  isDemo: boolean('is_demo').notNull().default(false),
  epoch: uuid('epoch').notNull().defaultRandom(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const ruleSets = umpireSchema.table('rule_sets', {
  version: integer('version').primaryKey(),
  points: jsonb('points').notNull(),
  thresholds: jsonb('thresholds').notNull(),
  disabled: jsonb('disabled').notNull().default([]),
  note: text('note'),
  createdBy: text('created_by')
    .notNull()
    .default(sql`SESSION_USER`),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const reasonCodes = umpireSchema.table('reason_codes', {
  code: text('code').primaryKey(),
  label: text('label').notNull(),
  decision: text('decision').notNull(),
  position: integer('position').notNull(),
  isActive: boolean('is_active').notNull().default(true),
});

export const events = umpireSchema.table(
  'events',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    type: text('type').notNull(),
    digest: bytea('digest').notNull(),
    status: text('status').notNull(),
    waitsFor: text('waits_for'),
    reason: text('reason'),
    content: jsonb('content'),
    importId: uuid('import_id').notNull(),
  },
  (table) => [
    index('events_staged_idx')
      .on(table.at, table.eventId)
      .where(sql`(status = 'staged'::text)`),
    index('events_parked_idx')
      .on(table.waitsFor)
      .where(sql`(status = 'parked'::text)`),
    index('events_unsuccessful_idx')
      .on(table.importId)
      .where(sql`(status = ANY (ARRAY['parked'::text, 'refused'::text]))`),
  ],
);

export const knownUsers = umpireSchema.table(
  'users',
  {
    userId: text('user_id').primaryKey(),
    nameAt: timestamp('name_at', { withTimezone: true }),
    nameEvent: text('name_event'),
    emailAt: timestamp('email_at', { withTimezone: true }),
    emailEvent: text('email_event'),
    emailLocal: text('email_local'),
    emailDomain: text('email_domain'),
    disposableDomain: text('disposable_domain'),
    emailWeak: boolean('email_weak').notNull().default(false),
    emailFree: boolean('email_free').notNull().default(false),
    erasedAt: timestamp('erased_at', { withTimezone: true }),
    tx: xid8('tx'),
  },
  (table) => [
    foreignKey({ name: 'users_user_id_fkey', columns: [table.userId], foreignColumns: [users.id] }).onDelete('cascade'),
    index('users_tx_idx')
      .on(table.tx)
      .where(sql`tx IS NOT NULL`),
  ],
);

export const codeEvents = umpireSchema.table(
  'code_events',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    code: text('code').notNull(),
    kind: text('kind').notNull(),
    fields: jsonb('fields').notNull(),
    outcome: text('outcome'),
    isSettled: boolean('is_settled').notNull().default(false),
  },
  (table) => [
    index('code_events_code_idx').on(table.code, table.at, table.eventId),
    index('code_events_owner_idx')
      .on(sql`(fields ->> 'user_id'::text)`, table.at, table.eventId)
      .where(sql`(kind = 'created'::text)`),
    uniqueIndex('code_events_made_idx')
      .on(table.code)
      .where(sql`(outcome = 'accepted'::text)`),
  ],
);

export const sightings = umpireSchema.table(
  'sightings',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    userId: text('user_id').notNull(),
    context: text('context').notNull(),
    ipHash: text('ip_hash').notNull(),
    networkHashes: text('network_hashes').array().notNull(),
    deviceHash: text('device_hash'),
    userAgentHash: text('user_agent_hash'),
    ipType: text('ip_type').notNull(),
    ipCountry: text('ip_country'),
    ipAsn: text('ip_asn'),
    fingerprintId: uuid('fingerprint_id').notNull(),
  },
  (table) => [
    foreignKey({ name: 'sightings_user_id_fkey', columns: [table.userId], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
    index('sightings_user_ip_idx').on(table.userId, table.ipHash, table.at, table.eventId),
    index('sightings_user_device_idx')
      .on(table.userId, table.deviceHash, table.at, table.eventId)
      .where(sql`(device_hash IS NOT NULL)`),
    index('sightings_fingerprint_idx').on(table.fingerprintId, table.at, table.eventId),
  ],
);

export const usages = umpireSchema.table(
  'usages',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    userId: text('user_id').notNull(),
    appId: text('app_id').notNull(),
    amount: integer('amount').notNull(),
  },
  (table) => [
    foreignKey({ name: 'usages_user_id_fkey', columns: [table.userId], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
    index('usages_user_idx').on(table.userId, table.at, table.eventId),
  ],
);

export const purchases = umpireSchema.table(
  'purchases',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    userId: text('user_id').notNull(),
    amount: integer('amount').notNull(),
  },
  (table) => [
    foreignKey({ name: 'purchases_user_id_fkey', columns: [table.userId], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
    index('purchases_user_idx').on(table.userId, table.at, table.eventId),
  ],
);

export const registrations = umpireSchema.table(
  'registrations',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    refereeId: text('referee_id').notNull(),
    code: text('code').notNull(),
    sourceAppId: text('source_app_id'),
    ipHash: text('ip_hash'),
    networkHashes: text('network_hashes').array().notNull(),
    deviceHash: text('device_hash'),
    ipType: text('ip_type').notNull(),
    fingerprintId: uuid('fingerprint_id'),
    patternHits: uuid('pattern_hits').array().notNull(),
    outcome: text('outcome'),
    codeId: uuid('code_id'),
    referrerId: text('referrer_id'),
    isCampaign: boolean('is_campaign'),
    isSettled: boolean('is_settled').notNull().default(false),
  },
  (table) => [
    foreignKey({
      name: 'registrations_referee_id_fkey',
      columns: [table.refereeId],
      foreignColumns: [users.id],
    }).onDelete('cascade'),
    index('registrations_order_idx')
      .on(table.at, table.eventId)
      .where(sql`(NOT is_settled)`),
    index('registrations_code_idx').on(table.code, table.at, table.eventId),
    index('registrations_referee_idx').on(table.refereeId, table.at, table.eventId),
    index('registrations_referrer_idx')
      .on(table.referrerId, table.at, table.eventId)
      .where(sql`(outcome = 'accepted'::text)`),
    index('registrations_code_accepted_idx')
      .on(table.codeId, table.at, table.eventId)
      .where(sql`(outcome = 'accepted'::text)`),
    index('registrations_fingerprint_idx').on(table.fingerprintId),
  ],
);

export const patternKeys = umpireSchema.table(
  'pattern_keys',
  {
    patternId: uuid('pattern_id').notNull(),
    kind: text('kind').notNull(),
    key: text('key').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'pattern_keys_pattern_id_fkey',
      columns: [table.patternId],
      foreignColumns: [fraudPatterns.id],
    }).onDelete('cascade'),
    primaryKey({ name: 'pattern_keys_pkey', columns: [table.patternId, table.kind, table.key] }),
  ],
);

export const patternStates = umpireSchema.table('pattern_states', {
  patternId: uuid('pattern_id').primaryKey(),
  patternType: text('pattern_type').notNull(),
  patternValue: text('pattern_value').notNull(),
  writer: text('writer').notNull(),
});

export const patternEvents = umpireSchema.table(
  'pattern_events',
  {
    eventId: text('event_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    patternId: uuid('pattern_id').notNull(),
    fields: jsonb('fields').notNull(),
  },
  (table) => [index('pattern_events_pattern_idx').on(table.patternId, table.at, table.eventId)],
);

export const scoredReferrals = umpireSchema.table(
  'referrals',
  {
    relationshipId: uuid('relationship_id').primaryKey(),
    eventId: text('event_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    referrerId: text('referrer_id').notNull(),
    refereeId: text('referee_id').notNull(),
    codeId: uuid('code_id').notNull(),
    ipHash: text('ip_hash'),
    networkHashes: text('network_hashes').array().notNull(),
    deviceHash: text('device_hash'),
    ipType: text('ip_type').notNull(),
    fingerprintId: uuid('fingerprint_id'),
    patternHits: uuid('pattern_hits').array().notNull(),
    activatedEvent: text('activated_event'),
    qualifiedAt: timestamp('qualified_at', { withTimezone: true }),
    qualifiedEvent: text('qualified_event'),
    retainedEvent: text('retained_event'),
    isRejected: boolean('is_rejected').notNull().default(false),
    dueAt: timestamp('due_at', { withTimezone: true }),
    addedTx: xid8('added_tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    tx: xid8('tx'),
  },
  (table) => [
    foreignKey({
      name: 'referrals_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    index('referrals_referrer_idx').on(table.referrerId, table.at, table.eventId),
    index('referrals_referrer_qualified_idx')
      .on(table.referrerId, table.qualifiedAt, table.qualifiedEvent)
      .where(sql`((qualified_at IS NOT NULL) AND (NOT is_rejected))`),
    index('referrals_referee_idx').on(table.refereeId),
    index('referrals_ip_idx').on(table.ipHash),
    index('referrals_due_idx')
      .on(table.dueAt)
      .where(sql`(due_at IS NOT NULL)`),
    index('referrals_device_idx')
      .on(table.deviceHash)
      .where(sql`(device_hash IS NOT NULL)`),
    index('referrals_networks_idx').using('gin', table.networkHashes),
    index('referrals_added_tx_idx').on(table.addedTx),
    index('referrals_referrer_tx_idx').on(table.referrerId, table.addedTx),
    index('referrals_tx_idx')
      .on(table.tx)
      .where(sql`tx IS NOT NULL`),
  ],
);

export const bonuses = umpireSchema.table(
  'bonuses',
  {
    bonusId: uuid('bonus_id').primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    eventId: text('event_id').notNull(),
    movements: integer('movements').notNull().default(0),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    foreignKey({ name: 'bonuses_bonus_id_fkey', columns: [table.bonusId], foreignColumns: [bonusEvents.id] }).onDelete(
      'cascade',
    ),
    index('bonuses_tx_idx').on(table.tx),
  ],
);

export const dirty = umpireSchema.table(
  'dirty',
  {
    relationshipId: uuid('relationship_id').primaryKey(),
    generation: bigint('generation', { mode: 'bigint' })
      .notNull()
      .default(sql`nextval('umpire.dirty_generation'::regclass)`),
    attempts: integer('attempts').notNull().default(0),
    retryAt: timestamp('retry_at', { withTimezone: true }),
    error: text('error'),
  },
  (table) => [
    foreignKey({
      name: 'dirty_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    index('dirty_generation_idx').on(table.generation),
  ],
);

export const scores = umpireSchema.table(
  'scores',
  {
    relationshipId: uuid('relationship_id').primaryKey(),
    score: integer('score').notNull(),
    band: fraudSeverityEnum('band').notNull(),
    heldBand: fraudSeverityEnum('held_band').notNull(),
    ruleSetVersion: integer('rule_set_version').notNull(),
    evidenceHash: text('evidence_hash').notNull(),
    firstHeldAt: timestamp('first_held_at', { withTimezone: true }),
    firstBlockedAt: timestamp('first_blocked_at', { withTimezone: true }),
    approvedBand: fraudSeverityEnum('approved_band'),
    scoredAt: timestamp('scored_at', { withTimezone: true }).notNull(),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    foreignKey({
      name: 'scores_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'scores_rule_set_version_fkey',
      columns: [table.ruleSetVersion],
      foreignColumns: [ruleSets.version],
    }),
    index('scores_tx_idx').on(table.tx),
  ],
);

export const evidence = umpireSchema.table(
  'evidence',
  {
    relationshipId: uuid('relationship_id').notNull(),
    signal: text('signal').notNull(),
    points: integer('points').notNull(),
    evidence: jsonb('evidence').notNull(),
  },
  (table) => [
    foreignKey({
      name: 'evidence_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    primaryKey({ name: 'evidence_pkey', columns: [table.relationshipId, table.signal] }),
    index('evidence_signal_idx').on(table.signal),
  ],
);

export const items = umpireSchema.table(
  'items',
  {
    itemId: uuid('item_id').primaryKey(),
    relationshipId: uuid('relationship_id').notNull(),
    version: integer('version').notNull().default(1),
    raisedVersion: integer('raised_version').notNull().default(1),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    previousItemId: uuid('previous_item_id'),
    shown: text('shown'),
  },
  (table) => [
    foreignKey({ name: 'items_item_id_fkey', columns: [table.itemId], foreignColumns: [reviewQueue.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      name: 'items_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    index('items_relationship_idx').on(table.relationshipId),
    index('items_tx_idx').on(table.tx),
  ],
);

export const decisions = umpireSchema.table(
  'decisions',
  {
    decisionId: uuid('decision_id').primaryKey(),
    itemId: uuid('item_id').notNull(),
    relationshipId: uuid('relationship_id').notNull(),
    actor: text('actor').notNull(),
    onBehalfOf: text('on_behalf_of'),
    decision: text('decision').notNull(),
    reason: text('reason').notNull(),
    note: text('note'),
    band: fraudSeverityEnum('band').notNull(),
    score: integer('score').notNull(),
    ruleSetVersion: integer('rule_set_version').notNull(),
    expectedVersion: integer('expected_version'),
    outcome: jsonb('outcome').notNull(),
    decidedAt: timestamp('decided_at', { withTimezone: true }).notNull(),
    batch: uuid('batch').notNull(),
    undoes: uuid('undoes'),
    undoKind: text('undo_kind'),
    undoneBy: uuid('undone_by'),
    proposal: text('proposal'),
    closedBy: uuid('closed_by'),
    notesBefore: text('notes_before'),
    noteSalt: text('note_salt'),
    noteDigest: text('note_digest'),
    before: jsonb('before'),
    effects: jsonb('effects'),
    evidenceDigest: text('evidence_digest'),
    logPosition: bigint('log_position', { mode: 'bigint' }),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    foreignKey({
      name: 'decisions_relationship_id_fkey',
      columns: [table.relationshipId],
      foreignColumns: [relationships.id],
    }).onDelete('cascade'),
    index('decisions_item_idx').on(table.itemId),
    index('decisions_relationship_idx').on(table.relationshipId),
    index('decisions_actor_idx').on(table.actor, table.decidedAt),
    index('decisions_batch_idx').on(table.batch),
    uniqueIndex('decisions_open_idx')
      .on(table.itemId)
      .where(sql`proposal = 'open'`),
    uniqueIndex('decisions_undone_idx')
      .on(table.undoes)
      .where(sql`undo_kind IS NOT NULL`),
    index('decisions_tx_idx').on(table.tx),
  ],
);

export const moneyLog = umpireSchema.table(
  'money_log',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    relationshipId: uuid('relationship_id').notNull(),
    bonusId: uuid('bonus_id'),
    transition: text('transition').notNull(),
    credits: integer('credits').notNull(),
    appId: text('app_id'),
    tx: xid8('tx')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (table) => [
    index('money_log_at_idx').on(table.at),
    index('money_log_tx_idx').on(table.tx),
    index('money_log_relationship_idx').on(table.relationshipId),
  ],
);

export const openingBalances = umpireSchema.table(
  'opening_balances',
  {
    userId: text('user_id').primaryKey(),
    credits: integer('credits').notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    foreignKey({ name: 'opening_balances_user_id_fkey', columns: [table.userId], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
  ],
);
