import { z } from 'zod';
import type { CaseBonus } from '../contract/case.ts';
import { BONUS_EVENT_TYPES, BONUS_STATUSES, TIERS } from '../domain/vocabulary.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';
import { byReferral } from './by-referral.ts';

export const storedBonus = z.object({
  id: z.string(),
  user_id: z.string(),
  event_type: z.enum(BONUS_EVENT_TYPES),
  app_id: z.string().nullable(),
  credits: z.number().int(),
  tier_at_time: z.enum(TIERS),
  tier_multiplier: z.number(),
  status: z.enum(BONUS_STATUSES),
  hold_reason: z.string().nullable(),
  hold_until: dbInstant.nullable(),
  released_at: dbInstant.nullable(),
  created_at: dbInstant,
});

export type StoredBonus = z.infer<typeof storedBonus>;

/**
 * The bonuses of these referrals, by their id, oldest first. A hold for the second analyst shows as the band's: whoever is second
 * must not know of a first.
 */
export async function readBonuses(
  db: Queryable,
  relationshipIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredBonus[]>> {
  const stored = await rows(
    db,
    storedBonus.extend({ relationship_id: z.string() }),
    `SELECT b.relationship_id, b.id, b.user_id, b.event_type, b.app_id, b.credits_final AS credits, b.tier_at_time, b.tier_multiplier, b.status,
       b.hold_reason, b.hold_until, b.released_at, b.created_at
     FROM umpire.bonuses_seen b
     WHERE b.relationship_id = ANY ($1) ORDER BY b.relationship_id, b.created_at, b.event_type, b.app_id, b.user_id, b.id`,
    [relationshipIds],
  );
  return byReferral(stored);
}

export function bonusesOf(stored: readonly StoredBonus[], refereeId: string): CaseBonus[] {
  return stored.map((bonus) => ({
    id: bonus.id,
    userId: bonus.user_id,
    role: bonus.user_id === refereeId ? 'referee' : 'referrer',
    eventType: bonus.event_type,
    appId: bonus.app_id,
    credits: bonus.credits,
    tierAtTime: bonus.tier_at_time,
    tierMultiplier: bonus.tier_multiplier,
    status: bonus.status,
    holdReason: bonus.hold_reason,
    holdUntil: bonus.hold_until,
    releasedAt: bonus.released_at,
    createdAt: bonus.created_at,
  }));
}
