import type { EgoGraph, GraphNode } from '../../../core/contract/case.ts';
import type { Measure } from '../../ui/text-width.ts';
import { boxOf, LABEL_HEIGHT, radiusOf } from './label.ts';

export type Point = { readonly x: number; readonly y: number };
export type Size = { readonly width: number; readonly height: number };

type Body = {
  x: number;
  y: number;
  readonly goalX: number;
  /** Half the extents of the node with its label, and half those of the node alone. */
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly bare: number;
  readonly fixed: boolean;
};
type Pair = readonly [Body, Body];

/** Rounds of pulling and pushing: fewer for large graphs, which a key press must not wait for. */
const MOST_ROUNDS = 220;
const ROUNDS_TIMES_NODES = 5500;
const SETTLING = 60;
/** Steps at which something counts as not connected. */
const FAR = 4;

/** Steps from one node to all others, without passing through `closed`: how close a thing is to one of the two people. */
function stepsFrom(
  start: string,
  closed: string,
  neighbours: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const steps = new Map([[start, 0]]);
  const queue = [start];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const next of neighbours.get(id) ?? []) {
      if (steps.has(next) || next === closed) continue;
      steps.set(next, (steps.get(id) ?? 0) + 1);
      queue.push(next);
    }
  }
  return steps;
}

export function neighboursOf(graph: EgoGraph): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>(graph.nodes.map((node) => [node.id, []]));
  for (const { source, target } of graph.edges) {
    neighbours.get(source)?.push(target);
    neighbours.get(target)?.push(source);
  }
  return neighbours;
}

/** The corner where the zoom buttons are: nothing is put there. */
function corner({ width, height }: Size): Body {
  return { x: width - 42, y: height - 14, goalX: 0, halfWidth: 44, halfHeight: 16, bare: 16, fixed: true };
}

/** Where the bodies start: the referrer left, the referee right, what both share between them, the rest around its owner. */
function startingBodies(
  graph: EgoGraph,
  neighbours: ReadonlyMap<string, readonly string[]>,
  { width, height }: Size,
  measure: Measure,
): ReadonlyMap<string, Body> {
  const referrer = graph.nodes.find((node) => node.role === 'referrer')?.id ?? '';
  const referee = graph.nodes.find((node) => node.role === 'referee')?.id ?? '';
  const fromReferrer = stepsFrom(referrer, referee, neighbours);
  const fromReferee = stepsFrom(referee, referrer, neighbours);
  const lanes = new Map<number, GraphNode[]>();
  for (const node of graph.nodes) {
    if (node.role !== 'other') continue;
    const lean = (fromReferrer.get(node.id) ?? FAR) - (fromReferee.get(node.id) ?? FAR);
    const lane = Math.sign(lean) * (Math.abs(lean) >= 2 ? 2 : Math.abs(lean));
    lanes.set(lane, [...(lanes.get(lane) ?? []), node]);
  }
  const bodies = new Map<string, Body>();
  const put = (node: GraphNode, x: number, y: number, fixed: boolean) => {
    const box = boxOf(node, measure);
    bodies.set(node.id, {
      x,
      y,
      goalX: x,
      halfWidth: box.width / 2 + 3,
      halfHeight: box.height / 2 + 2,
      bare: radiusOf(node) + 5,
      fixed,
    });
  };
  for (const node of graph.nodes) {
    if (node.role === 'referrer') put(node, Math.max(56, width * 0.14), height / 2, true);
    if (node.role === 'referee') put(node, width - Math.max(56, width * 0.14), height / 2, true);
  }
  for (const [lane, nodes] of lanes) {
    const kinds = ['code', 'device', 'address', 'user'];
    // Nearer to the two people, nearer to the line between them.
    const near = (node: GraphNode) => Math.min(fromReferrer.get(node.id) ?? FAR, fromReferee.get(node.id) ?? FAR);
    const ordered = nodes.toSorted(
      (a, b) => near(a) - near(b) || kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.id < b.id ? -1 : 1),
    );
    ordered.forEach((node, place) => {
      const side = place % 2 === 0 ? -1 : 1;
      const ring = Math.ceil(place / 2) / Math.max(1, ordered.length / 2);
      put(node, width * (0.5 + lane * 0.11), height / 2 + side * ring * height * 0.46, false);
    });
  }
  return bodies;
}

/**
 * Moves two boxes apart along the shorter way, keeping this much of their extents, and always the labels of the case's two
 * people; returns whether they touched.
 */
function separate(a: Body, b: Body, extent: 'labelled' | 'bare'): boolean {
  const [widthA, heightA] = extent === 'bare' && !a.fixed ? [a.bare, a.bare] : [a.halfWidth, a.halfHeight];
  const [widthB, heightB] = extent === 'bare' && !b.fixed ? [b.bare, b.bare] : [b.halfWidth, b.halfHeight];
  const overX = widthA + widthB - Math.abs(a.x - b.x);
  const overY = heightA + heightB - Math.abs(a.y - b.y);
  if (overX <= 0 || overY <= 0 || (a.fixed && b.fixed)) return false;
  const share = a.fixed || b.fixed ? 1 : 0.5;
  const alongX = overX * 0.7 < overY;
  const sign = alongX ? (a.x <= b.x ? -1 : 1) : a.y <= b.y ? -1 : 1;
  const move = (alongX ? overX : overY) * share * sign;
  for (const [body, step] of [
    [a, move],
    [b, -move],
  ] as const) {
    if (body.fixed) continue;
    if (alongX) body.x += step;
    else body.y += step;
  }
  return true;
}

function keepInside(body: Body, { width, height }: Size): void {
  if (body.fixed) return;
  body.x = Math.min(Math.max(body.x, body.halfWidth), Math.max(body.halfWidth, width - body.halfWidth));
  body.y = Math.min(Math.max(body.y, body.halfHeight), Math.max(body.halfHeight, height - body.halfHeight));
}

function settle(bodies: readonly Body[], pairs: readonly Pair[], size: Size, extent: 'labelled' | 'bare'): void {
  for (let round = 0, touching = true; touching && round < SETTLING; round += 1) {
    touching = false;
    for (const [a, b] of pairs) touching = separate(a, b, extent) || touching;
    for (const body of bodies) keepInside(body, size);
  }
}

/**
 * Places for the nodes of an ego graph, within a canvas of this size. The same graph and size give the same picture, so that an
 * analyst learns to read it; nodes with their labels do not overlap as long as the canvas has room for them.
 */
export function layOut(graph: EgoGraph, size: Size, measure: Measure): ReadonlyMap<string, Point> {
  const neighbours = neighboursOf(graph);
  const bodies = startingBodies(graph, neighbours, size, measure);
  const list = [...bodies.values(), corner(size)];
  const pairs = list.flatMap((a, place) => list.slice(place + 1).map((b): Pair => [a, b]));
  const rounds = Math.min(MOST_ROUNDS, Math.ceil(ROUNDS_TIMES_NODES / list.length));
  const wanted = Math.min(size.height * 0.34, size.width * 0.2);
  for (let round = 0; round < rounds; round += 1) {
    const heat = 1 - round / rounds;
    for (const { source, target } of graph.edges) {
      const a = bodies.get(source);
      const b = bodies.get(target);
      if (a === undefined || b === undefined) continue;
      const dx = b.x - a.x;
      const dy = b.y - a.y;
      const length = Math.hypot(dx, dy) || 1;
      const pull = ((length - wanted) / length) * 0.03 * heat;
      if (!a.fixed) [a.x, a.y] = [a.x + dx * pull, a.y + dy * pull];
      if (!b.fixed) [b.x, b.y] = [b.x - dx * pull, b.y - dy * pull];
    }
    for (const [a, b] of pairs) {
      const dx = a.x - b.x || 0.01;
      const dy = a.y - b.y || 0.01;
      const push = Math.min(6, (1800 / (dx * dx + dy * dy)) * heat);
      const length = Math.hypot(dx, dy);
      if (!a.fixed) [a.x, a.y] = [a.x + (dx / length) * push, a.y + (dy / length) * push];
      if (!b.fixed) [b.x, b.y] = [b.x - (dx / length) * push, b.y - (dy / length) * push];
      if (round % 4 === 0) separate(a, b, 'labelled');
    }
    for (const body of list) {
      if (!body.fixed) body.x += (body.goalX - body.x) * 0.06 * heat;
      keepInside(body, size);
    }
  }
  settle(list, pairs, size, 'labelled');
  // Where there is no room for all labels, at least no node covers another; the labels that do not fit are left out.
  settle(list, pairs, size, 'bare');
  // A body is the node with its label below; the node is its upper part.
  return new Map([...bodies].map(([id, { x, y }]) => [id, { x, y: y - LABEL_HEIGHT / 2 }]));
}
