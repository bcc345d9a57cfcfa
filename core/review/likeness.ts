import { z } from 'zod';
import type { likeness } from '../contract/case.ts';
import { isErased } from '../domain/erased.ts';
import { isNear } from '../engine/email/likeness.ts';
import { type Queryable, row } from '../postgres/rows.ts';
import type { PartyFacts } from './party.ts';

export type Likeness = z.infer<typeof likeness>;

/** Shorter texts are nearly equal by chance (SPEC 3, similar_email). */
const LONG_ENOUGH = 5;

/** What both sides share or nearly share. `network` is what `readSharedNetwork` found. */
export function likenessesOf(referrer: PartyFacts, referee: PartyFacts, network: Likeness['kind'] | null): Likeness[] {
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

/** Whether both were seen from one network: `equal` for the narrowest that is kept, `near` for a wider one. */
export async function readSharedNetwork(
  db: Queryable,
  referrerId: string,
  refereeId: string,
): Promise<Likeness['kind'] | null> {
  const shared = await row(
    db,
    z.object({ narrow: z.boolean().nullable(), wide: z.boolean() }),
    `WITH network AS (
       SELECT DISTINCT s.user_id, n.hash, n.position = cardinality(s.network_hashes) AS narrow
       FROM umpire.sightings_seen s CROSS JOIN LATERAL unnest(s.network_hashes) WITH ORDINALITY AS n (hash, position)
       WHERE s.user_id IN ($1, $2)
     )
     SELECT bool_or(a.narrow AND b.narrow) AS narrow, count(*) > 0 AS wide
     FROM network a JOIN network b ON b.hash = a.hash AND b.user_id = $2 WHERE a.user_id = $1`,
    [referrerId, refereeId],
  );
  if (shared === null || !shared.wide) return null;
  return shared.narrow === true ? 'equal' : 'near';
}

function likeTexts(a: string, b: string): Likeness['kind'] | null {
  if (a === b) return 'equal';
  return Math.min(a.length, b.length) >= LONG_ENOUGH && isNear(a, b) ? 'near' : null;
}

function likeExactly(a: string | null, b: string | null): Likeness['kind'] | null {
  return a !== null && a !== '' && a === b ? 'equal' : null;
}

function share(a: PartyFacts, b: PartyFacts, what: (seen: PartyFacts['sightings'][number]) => string | null): boolean {
  const ofA = new Set(a.sightings.map(what));
  return b.sightings.some((seen) => what(seen) !== null && ofA.has(what(seen)));
}

function appsOf({ usages }: PartyFacts): string {
  return usages
    .map((use) => use.app_id)
    .sort()
    .join(' ');
}
