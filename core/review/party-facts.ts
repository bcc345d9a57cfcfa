import { z } from 'zod';
import type { Party } from '../contract/case.ts';
import { shortHash } from '../domain/short-hash.ts';
import { dbInstant } from '../postgres/rows.ts';
import { type PartyRows, type PartySighting, person, usage } from './party.ts';

/** First sightings kept of one person; older ones say little about a registration. */
const SIGHTINGS_KEPT = 8;
const HIDDEN = ['vpn', 'proxy', 'tor', 'datacenter'];

/** One side of a case, cut to what a case shows and draws on. Hashes are short: whole ones are in the graph alone. */
export const partyFacts = z.object({
  person,
  /** Most recent first. */
  usages: z.array(usage),
  /** Distinct devices and addresses, newest first. */
  devices: z.array(z.string()),
  addresses: z.array(z.string()),
  /** Those nearest to the registration, the nearest first. */
  sightings: z.array(
    z.object({
      address: z.string(),
      type: z.string(),
      country: z.string().nullable(),
      device: z.string().nullable(),
      at: dbInstant,
    }),
  ),
  /** Distinct addresses behind which a person hides, residential ones, and the countries of both. */
  places: z.object({
    hidden: z.number().int(),
    residential: z.number().int(),
    countries: z.array(z.string().nullable()),
  }),
});
export type PartyFacts = z.infer<typeof partyFacts>;

export function partyFactsOf({ person: row, usages, sightings }: PartyRows, registeredAt: string): PartyFacts {
  const { email_local: _, ...kept } = row;
  const distinct = (seen: readonly PartySighting[]): string[] => [...new Set(seen.map(({ ip_hash: hash }) => hash))];
  const hidden = sightings.filter((seen) => HIDDEN.includes(seen.ip_type));
  const residential = sightings.filter((seen) => seen.ip_type === 'residential');
  return {
    person: kept,
    usages: usages.map(({ app_id, first_at, last_at, uses }) => ({ app_id, first_at, last_at, uses })),
    devices: [...new Set(sightings.flatMap(({ device_hash: device }) => device ?? []))].map(shortHash),
    addresses: distinct(sightings).map(shortHash),
    sightings: nearest(sightings, registeredAt).map((seen) => ({
      address: shortHash(seen.ip_hash),
      type: seen.ip_type,
      country: seen.country,
      device: seen.device_hash === null ? null : shortHash(seen.device_hash),
      at: seen.seen_at,
    })),
    places: {
      hidden: distinct(hidden).length,
      residential: distinct(residential).length,
      countries: [...new Set([...hidden, ...residential].map((seen) => seen.country))],
    },
  };
}

function nearest(sightings: readonly PartySighting[], registeredAt: string): PartySighting[] {
  const far = (seen: PartySighting): number => Math.abs(Date.parse(seen.seen_at) - Date.parse(registeredAt));
  return [...sightings].sort((a, b) => far(a) - far(b)).slice(0, SIGHTINGS_KEPT);
}

/** One column of a case. */
export function partyOf({ person: of, usages, devices, addresses }: PartyFacts): Party {
  return {
    userId: of.id,
    name: of.name,
    email: of.email,
    createdAt: of.created_at,
    tier: of.tier,
    apps: usages.map((use) => use.app_id),
    firstUsageAt: earliest(usages.map((use) => use.first_at)),
    firstPurchaseAt: of.first_purchase_at,
    devices,
    addresses,
    country: of.country,
    asn: of.asn,
    credits: of.credits,
    referrals: {
      made: of.made,
      qualified: of.qualified,
      approved: of.approved,
      rejected: of.rejected,
      open: of.open,
    },
  };
}

/** All are ISO 8601 in UTC of one length, so that the order of texts is the order of time. */
function earliest(instants: readonly string[]): string | null {
  return instants.reduce<string | null>((first, at) => (first === null || at < first ? at : first), null);
}
