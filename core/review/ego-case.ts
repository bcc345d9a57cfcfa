import type { EgoCase } from '../graph/ego.ts';
import { type Place, placeId } from '../graph/places.ts';
import type { CaseHead } from './case-head.ts';
import type { Crowds } from './crowd.ts';
import type { PartyRows, PartySighting } from './party.ts';

/** The case as its graph needs it: every device and address of the two people, with who was there and since when. */
export function egoCase(head: CaseHead, people: readonly PartyRows[], crowds: Crowds): EgoCase {
  const places = new Map<string, Place & { seenBy: Map<string, string> }>();
  const add = (kind: Place['kind'], hash: string, seen: PartySighting): void => {
    const id = placeId(kind, hash);
    const accounts = (kind === 'device' ? crowds.devices : crowds.addresses).get(hash) ?? 1;
    const place = places.get(id) ?? { kind, hash, accounts, flagged: seen.flagged, seenBy: new Map<string, string>() };
    const before = place.seenBy.get(seen.user_id);
    if (before === undefined || seen.seen_at < before) place.seenBy.set(seen.user_id, seen.seen_at);
    places.set(id, { ...place, flagged: place.flagged || seen.flagged });
  };
  for (const seen of people.flatMap((facts) => facts.sightings)) {
    if (seen.device_hash !== null) add('device', seen.device_hash, seen);
    add('address', seen.ip_hash, seen);
  }
  return {
    relationshipId: head.relationship_id,
    referrerId: head.referrer_id,
    refereeId: head.referee_id,
    code: { id: head.code_id, text: head.code, createdAt: head.code_created_at, uses: head.code_uses },
    registeredAt: head.registered_at,
    places: [...places.values()],
  };
}
