import type { GraphNode } from '../../../core/contract/case.ts';
import type { Measure } from '../../ui/text-width.ts';
import type { Point, Size } from './layout.ts';

const LONGEST = 16;
/** As in the style sheet. */
export const LABEL_SIZE = 11;
export const LABEL_HEIGHT = 14;

/** Half of a node's own extent: shared things and the two people are larger. */
export function radiusOf(node: GraphNode): number {
  if (node.role !== 'other') return 13;
  return node.kind !== 'user' && node.accounts > 1 ? 12 : 9;
}

export function labelOf(node: GraphNode): string {
  return node.label.length > LONGEST ? `${node.label.slice(0, LONGEST - 1)}…` : node.label;
}

/** The two people's labels are bold. */
function labelWidth(node: GraphNode, measure: Measure): number {
  return measure(labelOf(node), node.role !== 'other') + 2;
}

/** The node with its label below. */
export function boxOf(node: GraphNode, measure: Measure): Size {
  const radius = radiusOf(node);
  return { width: Math.max(2 * radius + 4, labelWidth(node, measure)), height: 2 * radius + LABEL_HEIGHT + 8 };
}

/** How much a label matters when there is no room for all of them. */
function weight(node: GraphNode): number {
  if (node.role !== 'other') return 1000;
  return (node.kind === 'user' ? 0 : 100) + node.accounts;
}

/** The nodes whose labels fit without touching another label or node, the more important ones first. */
export function visibleLabels(
  nodes: readonly GraphNode[],
  at: (id: string) => Point,
  measure: Measure,
): ReadonlySet<string> {
  type Box = readonly [left: number, top: number, right: number, bottom: number];
  const touches = (a: Box, b: Box) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  const bodies = nodes.map((node): readonly [string, Box] => {
    const { x, y } = at(node.id);
    const radius = radiusOf(node);
    return [node.id, [x - radius, y - radius, x + radius, y + radius]];
  });
  const placed: Box[] = [];
  const shown = new Set<string>();
  for (const node of nodes.toSorted((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1))) {
    const { x, y } = at(node.id);
    const half = labelWidth(node, measure) / 2;
    const top = y + radiusOf(node) + 2;
    const box: Box = [x - half, top, x + half, top + LABEL_HEIGHT];
    if (placed.some((other) => touches(box, other))) continue;
    // The case's two people are named whatever is beside them.
    if (node.role === 'other' && bodies.some(([id, other]) => id !== node.id && touches(box, other))) continue;
    placed.push(box);
    shown.add(node.id);
  }
  return shown;
}
