/** The closed sets of the seed's enums, in the seed's order. */

export const CODE_TYPES = ['auto', 'custom', 'campaign'] as const;
export type CodeType = (typeof CODE_TYPES)[number];

export const STAGES = ['registered', 'activated', 'qualified', 'retained'] as const;
export type Stage = (typeof STAGES)[number];

export const TIERS = ['bronze', 'silver', 'gold', 'platinum'] as const;
export type Tier = (typeof TIERS)[number];

export const BONUS_EVENT_TYPES = ['registered', 'activated', 'qualified', 'retained', 'cross_app'] as const;
export type BonusEventType = (typeof BONUS_EVENT_TYPES)[number];

export const BONUS_STATUSES = ['pending', 'paid', 'held', 'rejected'] as const;
export type BonusStatus = (typeof BONUS_STATUSES)[number];

/** Why a bonus is held (SPEC 1). */
export const HOLD_REASONS = ['fraud_medium', 'fraud_high', 'fraud_critical', 'rate_limited', 'second_review'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export const PATTERN_TYPES = ['email_domain', 'ip_range', 'device_pattern'] as const;
export type PatternType = (typeof PATTERN_TYPES)[number];

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const REVIEW_STATUSES = ['pending', 'approved', 'rejected', 'escalated'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

export const IP_TYPES = ['residential', 'datacenter', 'vpn', 'proxy', 'tor', 'unknown'] as const;
export type IpType = (typeof IP_TYPES)[number];

export const SIGHTING_CONTEXTS = ['login', 'code_validation', 'registration'] as const;
export type SightingContext = (typeof SIGHTING_CONTEXTS)[number];

/** Why a registration is refused (SPEC 2), plus `unknown_user`, which like `invalid_code` may be cured by a later event. */
export const REFUSALS = [
  'invalid_code',
  'code_inactive',
  'code_expired',
  'code_max_uses',
  'self_referral',
  'already_referred',
  'rate_limited',
  'unknown_user',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Why a code is not made (SPEC 2): somebody has it, the user has an automatic one, or made ten within the hour. */
export const CREATION_REFUSALS = ['code_taken', 'auto_code_exists', 'rate_limited'] as const;
export type CreationRefusal = (typeof CREATION_REFUSALS)[number];

/** Who the reader of the database is: Umpire alone writes the programme, or another service does (SPEC 1). */
export const MODES = ['programme', 'observe'] as const;
export type Mode = (typeof MODES)[number];

/** Roles of accounts, least first (SPEC 4); each may do what those before it may, but for the engine, which decides nothing by itself. */
export const ROLES = ['viewer', 'analyst', 'lead', 'admin', 'engine'] as const;
export type Role = (typeof ROLES)[number];
