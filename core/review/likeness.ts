import { z } from 'zod';
import type { likeness } from '../contract/case.ts';
import { isErased } from '../domain/erased.ts';
import { isNear } from '../engine/email/likeness.ts';
import { type Queryable, rows } from '../postgres/rows.ts';
import type { PartyRows } from './party.ts';

export type Likeness = z.infer<typeof likeness>;

/** Shorter texts are nearly equal by chance (SPEC 3, similar_email). */
const LONG_ENOUGH = 5;

/** What both sides share or nearly share. `network` is what `readSharedNetworks` found. */
export function likenessesOf(referrer: PartyRows, referee: PartyRows, network: Likeness['kind'] | null): Likeness[] {
  const found: Likeness[] = [];
  const add = (fact: Likeness['fact'], kind: Likeness['kind'] | null): void => {
    if (kind !== null) found.push({ fact, kind });
  };
  // Erased users are all called the same.
  if (!isErased(referrer.person.email) && !isErased(referee.person.email)) {
    add('name', likeTexts(referrer.person.name.toLowerCase(), referee.person.name.toLowerCase()));
  }
  // Two accounts never have one address; one canonical local part is as near as it gets.
  if (referrer.person.email_local !== null && referee.person.email_local !== null) {
    add('email', likeTexts(referrer.person.email_local, referee.person.email_local) === null ? null : 'near');
  }
  add('device', share(referrer, referee, (seen) => seen.device_hash) ? 'equal' : null);
  add('address', share(referrer, referee, (seen) => seen.ip_hash) ? 'equal' : null);
  add('network', network);
  add('country', likeExactly(referrer.person.country, referee.person.country));
  add('asn', likeExactly(referrer.person.asn, referee.person.asn));
  add('apps', likeExactly(appsOf(referrer), appsOf(referee)));
  return found;
}

type Pair = { readonly referrer_id: string; readonly referee_id: string };

/** Which of these pairs were seen from one network: `equal` for the narrowest that is kept, `near` for a wider one. */
export async function readSharedNetworks(
  db: Queryable,
  pairs: readonly Pair[],
): Promise<(pair: Pair) => Likeness['kind'] | null> {
  const shared = await rows(
    db,
    z.object({ referrer_id: z.string(), referee_id: z.string(), narrow: z.boolean() }),
    `WITH pair AS (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS p (referrer_id, referee_id)),
     network AS (
       SELECT DISTINCT s.user_id, n.hash, n.position = cardinality(s.network_hashes) AS narrow
       FROM umpire.sightings_seen s CROSS JOIN LATERAL unnest(s.network_hashes) WITH ORDINALITY AS n (hash, position)
       WHERE s.user_id = ANY ($1) OR s.user_id = ANY ($2)
     )
     SELECT p.referrer_id, p.referee_id, bool_or(a.narrow AND b.narrow) AS narrow
     FROM pair p JOIN network a ON a.user_id = p.referrer_id JOIN network b ON b.user_id = p.referee_id AND b.hash = a.hash
     GROUP BY p.referrer_id, p.referee_id`,
    [pairs.map((pair) => pair.referrer_id), pairs.map((pair) => pair.referee_id)],
  );
  const key = (pair: Pair): string => JSON.stringify([pair.referrer_id, pair.referee_id]);
  const found = new Map(shared.map((pair) => [key(pair), pair.narrow ? ('equal' as const) : ('near' as const)]));
  return (pair) => found.get(key(pair)) ?? null;
}

function likeTexts(a: string, b: string): Likeness['kind'] | null {
  if (a === b) return 'equal';
  return Math.min(a.length, b.length) >= LONG_ENOUGH && isNear(a, b) ? 'near' : null;
}

function likeExactly(a: string | null, b: string | null): Likeness['kind'] | null {
  return a !== null && a !== '' && a === b ? 'equal' : null;
}

function share(a: PartyRows, b: PartyRows, what: (seen: PartyRows['sightings'][number]) => string | null): boolean {
  const ofA = new Set(a.sightings.map(what));
  return b.sightings.some((seen) => what(seen) !== null && ofA.has(what(seen)));
}

function appsOf({ usages }: PartyRows): string {
  return usages
    .map((use) => use.app_id)
    .sort()
    .join(' ');
}
