/**
 * The numbers of the seed document, written down a second time: a model that took the product's own would follow it into
 * every mistake.
 */
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const EVENT_TYPES = ['registered', 'activated', 'qualified', 'retained', 'cross_app'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const REFERRER_CREDITS: { readonly [E in EventType]: number } = {
  registered: 5,
  activated: 10,
  qualified: 25,
  retained: 15,
  cross_app: 5,
};
export const REFEREE_CREDITS = 25;

export const TIERS = [
  { tier: 'platinum', from: 30, multiplier: 3 },
  { tier: 'gold', from: 15, multiplier: 2 },
  { tier: 'silver', from: 5, multiplier: 1.5 },
  { tier: 'bronze', from: 0, multiplier: 1 },
] as const;

export const POINTS = {
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
export type Signal = keyof typeof POINTS;

export const APPS = [
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

/** Two domains of the list of throw-away mailboxes. */
export const DISPOSABLE = ['mailinator.com', 'guerrillamail.com'] as const;

export const PER_CODE = 50;
export const PER_REFERRER = 20;
export const CUSTOM_CODES = 10;
export const VALIDATIONS = 20;
export const CLAIMS = 100;
