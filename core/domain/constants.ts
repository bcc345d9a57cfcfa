/** The constants of the seed document: names and numbers are a contract, see `FRAUD_SIGNALS` for the order shown. */

export const TIER_CONFIG = {
  bronze: { minQualified: 0, maxQualified: 4, multiplier: 1.0 },
  silver: { minQualified: 5, maxQualified: 14, multiplier: 1.5 },
  gold: { minQualified: 15, maxQualified: 29, multiplier: 2.0 },
  platinum: { minQualified: 30, maxQualified: Number.POSITIVE_INFINITY, multiplier: 3.0 },
} as const;

/** Credits before the tier multiplier. */
export const BONUS_AMOUNTS = {
  registered: { referrer: 5, referee: 25 },
  activated: { referrer: 10, referee: 0 },
  qualified: { referrer: 25, referee: 0 },
  retained: { referrer: 15, referee: 0 },
  cross_app: { referrer: 5, referee: 0 },
} as const;

export const FRAUD_THRESHOLDS = {
  lowRisk: 29,
  mediumRisk: 59,
  highRisk: 89,
  critical: 90,
} as const;

/** Points of each signal. */
export const FRAUD_SIGNALS = {
  same_ip: 30,
  same_device: 50,
  disposable_email: 20,
  similar_email: 25,
  rapid_registration: 15,
  bulk_registrations: 40,
  vpn_proxy: 20,
  new_account_referrer: 15,
  instant_qualification: 35,
  minimal_activity: 25,
} as const;

export const RATE_LIMITS = {
  codeValidation: { limit: 20, windowMinutes: 1 },
  codeCreation: { limit: 10, windowMinutes: 60 },
  registrationsPerCode: { limit: 50, windowMinutes: 1440 },
  registrationsPerReferrer: { limit: 20, windowMinutes: 1440 },
  bonusClaims: { limit: 100, windowMinutes: 1440 },
} as const;

/** Milliseconds, but for the two that carry their unit in their name. */
export const TIMING_RULES = {
  minTimeToActivation: 5 * 60 * 1000,
  minTimeToQualification: 24 * 60 * 60 * 1000,
  retentionCheckDays: 30,
  fraudReviewWindowDays: 7,
} as const;

export const TRACKABLE_APPS = [
  'chat',
  'picture',
  'presi',
  'mail',
  'manadeck',
  'todo',
  'calendar',
  'contacts',
  'finance',
  'clock',
  'zitare',
  'storage',
  'moodlit',
] as const;
