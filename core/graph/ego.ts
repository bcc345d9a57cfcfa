import type { EgoGraph, GraphEdge, GraphNode } from '../contract/case.ts';
import { shortHash } from '../domain/short-hash.ts';
import type { Queryable } from '../postgres/rows.ts';
import { type GraphUser, readBursts, readGraphUsers, readSeenAmong, readSeenAt, type SeenAt } from './neighbours.ts';
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
 * The neighbourhoods of these cases, in their order: the two people, where they were seen, the code, who else was seen there, and who
 * else came through the code in the same burst. Bounded; `omitted` counts the neighbours that were found and not drawn.
 */
export async function readEgoGraphs(db: Queryable, egos: readonly EgoCase[]): Promise<EgoGraph[]> {
  const placed = egos.map((ego) => {
    const ranked = rankPlaces(ego.places);
    const places = ranked.slice(0, MOST_PLACES);
    return { ego, ranked, places, open: places.filter((place) => place.accounts < HUB[place.kind]) };
  });
  const open = placed.flatMap((one) => one.open);
  const seen = Map.groupBy(await readSeenAt(db, hashesOf('device', open), hashesOf('address', open)), placeOf);
  const bursts = await readBursts(db, egos);

  const plans = placed.map((one) => {
    const people = [one.ego.referrerId, one.ego.refereeId];
    const others = rankOthers({
      people,
      places: one.open,
      seen: one.open.flatMap((place) => seen.get(placeId(place.kind, place.hash)) ?? []),
      burst: bursts.get(one.ego.relationshipId) ?? [],
    });
    const drawn = others.slice(0, MOST_NODES - people.length - 1 - one.places.length);
    return { ...one, users: [...people, ...drawn], undrawn: others.length - drawn.length };
  });
  const userIds = [...new Set(plans.flatMap((plan) => plan.users))];
  const hashes = [...new Set(plans.flatMap((plan) => plan.places.map((place) => place.hash)))];
  const users = inOrder(await readGraphUsers(db, userIds), ({ id }) => id);
  const among = inOrder(await readSeenAmong(db, userIds, hashes), ({ user_id: id }) => id);

  return plans.map(({ ego, ranked, places: drawn, users: ids, undrawn }) => {
    const here = new Set(drawn.map((place) => placeId(place.kind, place.hash)));
    const people = users(ids);
    return {
      nodes: [...userNodes(people, ego), codeNode(ego), ...drawn.map(placeNode)],
      edges: [
        ...among(ids)
          .filter((edge) => here.has(placeOf(edge)))
          .map(seenEdge),
        ...codeEdges(ego, people),
        ...referredEdges(ego, people),
      ],
      omitted: ranked.length - drawn.length + undrawn,
    };
  });
}

/** Takes those of some users out of rows of many, in the order in which the rows are. */
function inOrder<Row>(rows: readonly Row[], userOf: (row: Row) => string): (users: readonly string[]) => Row[] {
  const byUser = Map.groupBy(
    rows.map((row, position) => ({ row, position })),
    ({ row }) => userOf(row),
  );
  return (users) =>
    users
      .flatMap((user) => byUser.get(user) ?? [])
      .sort((a, b) => a.position - b.position)
      .map(({ row }) => row);
}

const placeOf = ({ kind, hash }: SeenAt): string => placeId(kind, hash);

function hashesOf(kind: Place['kind'], places: readonly Place[]): string[] {
  return [...new Set(places.filter((place) => place.kind === kind).map((place) => place.hash))];
}

const userId = (id: string): string => `user:${id}`;
/** The user whom a node of a graph draws. */
export const userOfNode = (nodeId: string): string => nodeId.slice('user:'.length);
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
