import { boolean, index, integer, pgEnum, pgSchema, real, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import {
  BONUS_EVENT_TYPES,
  BONUS_STATUSES,
  CODE_TYPES,
  PATTERN_TYPES,
  REVIEW_STATUSES,
  SEVERITIES,
  STAGES,
  TIERS,
} from '../../domain/vocabulary.ts';
import { users } from './auth.ts';

/** The seed document's eleven tables: names, types, defaults and index names are the contract (SPEC). */
export const referralsSchema = pgSchema('referrals');

export const referralCodeTypeEnum = pgEnum('referral_code_type', CODE_TYPES);
export const referralStatusEnum = pgEnum('referral_status', STAGES);
export const referralTierEnum = pgEnum('referral_tier', TIERS);
export const bonusEventTypeEnum = pgEnum('bonus_event_type', BONUS_EVENT_TYPES);
export const bonusStatusEnum = pgEnum('bonus_status', BONUS_STATUSES);
export const fraudPatternTypeEnum = pgEnum('fraud_pattern_type', PATTERN_TYPES);
export const fraudSeverityEnum = pgEnum('fraud_severity', SEVERITIES);
export const reviewStatusEnum = pgEnum('review_status', REVIEW_STATUSES);

/** Global unique codes that users can share. Types: auto (generated), custom (user-created), campaign (admin-created) */
export const codes = referralsSchema.table(
  'codes',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    code: text('code').notNull().unique(), // Global unique
    type: referralCodeTypeEnum('type').notNull().default('auto'),
    sourceAppId: text('source_app_id'), // App where code was created
    isActive: boolean('is_active').default(true).notNull(),
    usesCount: integer('uses_count').default(0).notNull(),
    maxUses: integer('max_uses'), // NULL = unlimited
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    metadata: text('metadata'), // JSON string for flexibility
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => [
    index('codes_lookup_idx').on(table.code),
    index('codes_user_idx').on(table.userId),
    index('codes_active_idx').on(table.isActive),
  ],
);

/** Tracks the relationship between referrer and referee. A user can only be referred once (referee_id is unique). */
export const relationships = referralsSchema.table(
  'relationships',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    referrerId: text('referrer_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    refereeId: text('referee_id')
      .notNull()
      .unique()
      .references(() => users.id, { onDelete: 'cascade' }),
    codeId: uuid('code_id')
      .notNull()
      .references(() => codes.id, { onDelete: 'restrict' }),
    sourceAppId: text('source_app_id'), // App where referral link was used
    // Stage Tracking
    status: referralStatusEnum('status').notNull().default('registered'),
    registeredAt: timestamp('registered_at', { withTimezone: true }).defaultNow().notNull(),
    activatedAt: timestamp('activated_at', { withTimezone: true }),
    qualifiedAt: timestamp('qualified_at', { withTimezone: true }),
    retainedAt: timestamp('retained_at', { withTimezone: true }),
    // Fraud Detection
    fraudScore: integer('fraud_score').default(0).notNull(),
    fraudSignals: text('fraud_signals'), // JSON array of signal names
    isFlagged: boolean('is_flagged').default(false).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => [
    index('relationships_referrer_idx').on(table.referrerId),
    index('relationships_referee_idx').on(table.refereeId),
    index('relationships_status_idx').on(table.status),
    index('relationships_flagged_idx').on(table.isFlagged),
    index('relationships_code_idx').on(table.codeId),
  ],
);

/** Tracks when a referred user uses a new app for the first time. One bonus per app per referral relationship. */
export const crossAppActivations = referralsSchema.table(
  'cross_app_activations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    relationshipId: uuid('relationship_id')
      .notNull()
      .references(() => relationships.id, { onDelete: 'cascade' }),
    appId: text('app_id').notNull(),
    activatedAt: timestamp('activated_at', { withTimezone: true }).defaultNow().notNull(),
    bonusPaid: boolean('bonus_paid').default(false).notNull(),
  },
  (table) => [
    unique('cross_app_relationship_app_unique').on(table.relationshipId, table.appId),
    index('cross_app_relationship_idx').on(table.relationshipId),
  ],
);

/** Tracks each user's referral tier status based on lifetime qualified referrals. Tiers: bronze (0-4), silver (5-14), gold (15-29), platinum (30+) */
export const userTiers = referralsSchema.table('user_tiers', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  tier: referralTierEnum('tier').notNull().default('bronze'),
  qualifiedCount: integer('qualified_count').default(0).notNull(), // Lifetime qualified referrals
  totalEarned: integer('total_earned').default(0).notNull(), // Lifetime credits from referrals
  createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).defaultNow().notNull(),
});

/** Audit trail of all referral bonuses. Links to credits.transactions for the actual credit transfer. */
export const bonusEvents = referralsSchema.table(
  'bonus_events',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    relationshipId: uuid('relationship_id')
      .notNull()
      .references(() => relationships.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    eventType: bonusEventTypeEnum('event_type').notNull(),
    appId: text('app_id'), // For cross_app events
    // Credit calculation
    creditsBase: integer('credits_base').notNull(), // Base credits before multiplier
    tierMultiplier: real('tier_multiplier').notNull().default(1.0),
    creditsFinal: integer('credits_final').notNull(), // After multiplier (rounded)
    tierAtTime: referralTierEnum('tier_at_time').notNull(),
    // Transaction reference (to credits.transactions)
    transactionId: uuid('transaction_id'),
    // Hold status for fraud detection
    status: bonusStatusEnum('status').notNull().default('pending'),
    holdReason: text('hold_reason'),
    holdUntil: timestamp('hold_until', { withTimezone: true }),
    releasedAt: timestamp('released_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => [
    index('bonus_events_relationship_idx').on(table.relationshipId),
    index('bonus_events_user_idx').on(table.userId),
    index('bonus_events_status_idx').on(table.status),
    index('bonus_events_event_type_idx').on(table.eventType),
  ],
);

/** Stores hashed IP and device fingerprints for fraud detection. IPs are hashed for privacy (GDPR compliance). */
export const fingerprints = referralsSchema.table(
  'fingerprints',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    // IP data (hashed for privacy)
    ipHash: text('ip_hash').notNull(),
    ipType: text('ip_type').default('unknown').notNull(), // residential, datacenter, vpn, proxy, tor
    ipCountry: text('ip_country'),
    ipAsn: text('ip_asn'),
    // Device data
    deviceHash: text('device_hash'),
    userAgentHash: text('user_agent_hash'),
    // Stats
    firstSeenAt: timestamp('first_seen_at', { withTimezone: true }).defaultNow().notNull(),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).defaultNow().notNull(),
    registrationCount: integer('registration_count').default(0).notNull(),
    flaggedCount: integer('flagged_count').default(0).notNull(),
  },
  (table) => [
    index('fingerprints_ip_hash_idx').on(table.ipHash),
    index('fingerprints_device_hash_idx').on(table.deviceHash),
    unique('fingerprints_ip_device_unique').on(table.ipHash, table.deviceHash),
  ],
);

/** Links users to fingerprints they've been seen from. Helps detect multi-account fraud. */
export const userFingerprints = referralsSchema.table(
  'user_fingerprints',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    fingerprintId: uuid('fingerprint_id')
      .notNull()
      .references(() => fingerprints.id, { onDelete: 'cascade' }),
    seenAt: timestamp('seen_at', { withTimezone: true }).defaultNow().notNull(),
    context: text('context'), // registration, login, code_validation
  },
  (table) => [
    unique('user_fingerprints_pk').on(table.userId, table.fingerprintId),
    index('user_fingerprints_user_idx').on(table.userId),
    index('user_fingerprints_fingerprint_idx').on(table.fingerprintId),
  ],
);

/** Admin-defined patterns for fraud detection. Examples: blocked email domains, suspicious IP ranges. */
export const fraudPatterns = referralsSchema.table(
  'fraud_patterns',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    patternType: fraudPatternTypeEnum('pattern_type').notNull(),
    patternValue: text('pattern_value').notNull(), // Regex or exact match
    severity: fraudSeverityEnum('severity').notNull().default('medium'),
    scoreImpact: integer('score_impact').notNull(), // Points added to fraud score
    description: text('description'),
    isActive: boolean('is_active').default(true).notNull(),
    createdBy: text('created_by'), // Admin user ID
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => [
    index('fraud_patterns_active_idx').on(table.isActive),
    index('fraud_patterns_type_idx').on(table.patternType),
  ],
);

/** Tracks rate limit counters for fraud prevention. Uses sliding window approach. */
export const rateLimits = referralsSchema.table(
  'rate_limits',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    identifier: text('identifier').notNull(), // IP, user ID, or code
    identifierType: text('identifier_type').notNull(), // ip, user, code
    action: text('action').notNull(), // code_validation, code_creation, registration
    count: integer('count').default(1).notNull(),
    windowStart: timestamp('window_start', { withTimezone: true }).defaultNow().notNull(),
    windowEnd: timestamp('window_end', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('rate_limits_lookup_idx').on(table.identifier, table.identifierType, table.action),
    index('rate_limits_window_idx').on(table.windowEnd),
  ],
);

/** Referrals flagged for manual review by admins. */
export const reviewQueue = referralsSchema.table(
  'review_queue',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    relationshipId: uuid('relationship_id')
      .notNull()
      .references(() => relationships.id, { onDelete: 'cascade' }),
    fraudScore: integer('fraud_score').notNull(),
    fraudSignals: text('fraud_signals').notNull(), // JSON array
    priority: fraudSeverityEnum('priority').notNull().default('medium'),
    status: reviewStatusEnum('status').notNull().default('pending'),
    assignedTo: text('assigned_to'), // Admin user ID
    notes: text('notes'),
    reviewedAt: timestamp('reviewed_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  },
  (table) => [
    index('review_queue_status_priority_idx').on(table.status, table.priority),
    index('review_queue_relationship_idx').on(table.relationshipId),
  ],
);

/** Aggregated daily statistics for dashboard and reporting. */
export const dailyStats = referralsSchema.table(
  'daily_stats',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    date: timestamp('date', { withTimezone: true }).notNull(),
    appId: text('app_id'), // NULL = global
    registrations: integer('registrations').default(0).notNull(),
    activations: integer('activations').default(0).notNull(),
    qualifications: integer('qualifications').default(0).notNull(),
    retentions: integer('retentions').default(0).notNull(),
    creditsPaid: integer('credits_paid').default(0).notNull(),
    creditsHeld: integer('credits_held').default(0).notNull(),
    fraudBlocked: integer('fraud_blocked').default(0).notNull(),
  },
  (table) => [
    index('daily_stats_date_app_idx').on(table.date, table.appId),
    unique('daily_stats_date_app_unique').on(table.date, table.appId),
  ],
);
