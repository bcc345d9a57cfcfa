import type { EgoGraph, GraphEdge, GraphNode } from '../contract/case.ts';
import { shortHash } from '../domain/short-hash.ts';
import type { Queryable } from '../postgres/rows.ts';
import { type GraphUser, readBurst, readGraphUsers, readSeenAmong, readSeenAt, type SeenAt } from './neighbours.ts';
import { type Place, placeId, rankPlaces } from './places.ts';
import { rankOthers } from './others.ts';

/** A case, as far as its graph needs it. */
export type EgoCase = {
  readonly relationshipId: string;
  readonly referrerId: string;
  readonly refereeId: string;
  readonly code: { readonly id: string; readonly text: string; readonly createdAt: string; readonly uses: number };
  readonly registeredAt: string;
  /** Every device and address the two were seen at. */
  readonly places: readonly Place[];
};

/** More nodes than this are not read but looked at. */
export const MOST_NODES = 60;
const MOST_PLACES = 24;

/** From this many accounts on, a place is a hub: drawn with their number, and its accounts are not. */
const HUB = { device: 80, address: 30 } as const;

/**
 * The neighbourhood of a case: its two people, where they were seen, the code, who else was seen there, and who else
 * came through the code in the same burst. Bounded; `omitted` counts the neighbours that were found and not drawn.
 */
export async function readEgoGraph(db: Queryable, ego: EgoCase): Promise<EgoGraph> {
  const ranked = rankPlaces(ego.places);
  const places = ranked.slice(0, MOST_PLACES);
  const open = places.filter((place) => place.accounts < HUB[place.kind]);
  const seen = await readSeenAt(db, hashesOf('device', open), hashesOf('address', open));
  const burst = await readBurst(db, {
    relationshipId: ego.relationshipId,
    referrerId: ego.referrerId,
    codeId: ego.code.id,
    registeredAt: ego.registeredAt,
  });
  const people = [ego.referrerId, ego.refereeId];
  const others = rankOthers({ people, places: open, seen, burst });
  const drawn = others.slice(0, MOST_NODES - people.length - 1 - places.length);
  const users = await readGraphUsers(db, [...people, ...drawn]);
  const among = await readSeenAmong(db, [...people, ...drawn], hashesOf('device', places), hashesOf('address', places));

  return {
    nodes: [...userNodes(users, ego), codeNode(ego), ...places.map(placeNode)],
    edges: [...among.map(seenEdge), ...codeEdges(ego, users), ...referredEdges(ego, users)],
    omitted: ranked.length - places.length + others.length - drawn.length,
  };
}

function hashesOf(kind: Place['kind'], places: readonly Place[]): string[] {
  return places.filter((place) => place.kind === kind).map((place) => place.hash);
}

const userId = (id: string): string => `user:${id}`;
const codeId = (ego: EgoCase): string => `code:${ego.code.id}`;

function userNodes(users: readonly GraphUser[], ego: EgoCase): GraphNode[] {
  return users.map(({ id, name, band, flagged }) => ({
    id: userId(id),
    kind: 'user',
    label: name,
    role: id === ego.referrerId ? 'referrer' : id === ego.refereeId ? 'referee' : 'other',
    band,
    flagged,
    accounts: 1,
  }));
}

function codeNode(ego: EgoCase): GraphNode {
  return {
    id: codeId(ego),
    kind: 'code',
    label: ego.code.text,
    role: 'other',
    band: null,
    flagged: false,
    accounts: ego.code.uses,
  };
}

function placeNode({ kind, hash, accounts, flagged }: Place): GraphNode {
  return { id: placeId(kind, hash), kind, label: shortHash(hash), role: 'other', band: null, flagged, accounts };
}

function seenEdge({ user_id: user, kind, hash, at }: SeenAt): GraphEdge {
  return { source: userId(user), target: placeId(kind, hash), kind: 'seen', at };
}

function codeEdges(ego: EgoCase, users: readonly GraphUser[]): GraphEdge[] {
  const owns: GraphEdge = { source: userId(ego.referrerId), target: codeId(ego), kind: 'owns', at: ego.code.createdAt };
  const came = users
    .filter((user) => user.code_id === ego.code.id)
    .map(({ id, registered_at: at }): GraphEdge => ({ source: codeId(ego), target: userId(id), kind: 'referred', at }));
  return [owns, ...came];
}

/** Referrals among the drawn users that did not come through the code of the case. */
function referredEdges(ego: EgoCase, users: readonly GraphUser[]): GraphEdge[] {
  const drawn = new Set(users.map(({ id }) => id));
  return users.flatMap(({ id, referrer_id: referrer, code_id: code, registered_at: at }): GraphEdge[] =>
    referrer !== null && code !== ego.code.id && drawn.has(referrer)
      ? [{ source: userId(referrer), target: userId(id), kind: 'referred', at }]
      : [],
  );
}
