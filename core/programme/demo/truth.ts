export const SCHEMES = [
  'many_accounts',
  'email_variants',
  'device_farm',
  'burst',
  'datacenter',
  'purchase_and_leave',
  'slow_ring',
] as const;
export type Scheme = (typeof SCHEMES)[number];

export const GROUPS = ['family', 'flat_share', 'campus', 'office', 'traveller', 'carrier', 'campaign'] as const;
export type Group = (typeof GROUPS)[number];

/** What really happened behind one accepted referral; never part of the events. */
export type Truth = {
  readonly refereeId: string;
  readonly referrerId: string;
  readonly cheat: boolean;
  /** How the cheat went about it; null for honest people. */
  readonly scheme: Scheme | null;
  /** The innocent reason for which an honest referral may look odd; null where there is none. */
  readonly group: Group | null;
};
