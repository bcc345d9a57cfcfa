import { z } from 'zod';
import { type EgoGraph, egoGraph, graphEdge, instant } from '../contract/case.ts';

/** A graph as it is kept: an edge names its nodes by their position, since ids of devices and addresses are long. */
export const packedGraph = egoGraph.extend({
  edges: z.array(z.tuple([z.int().min(0), z.int().min(0), graphEdge.shape.kind, instant.nullable()])),
});
export type PackedGraph = z.infer<typeof packedGraph>;

export function packGraph({ nodes, edges, omitted }: EgoGraph): PackedGraph {
  const positions = new Map(nodes.map(({ id }, position) => [id, position]));
  const at = (id: string): number => {
    const position = positions.get(id);
    if (position === undefined) throw new Error('An edge of a graph has an end that is not drawn.');
    return position;
  };
  return { nodes, edges: edges.map((edge) => [at(edge.source), at(edge.target), edge.kind, edge.at]), omitted };
}

/** The inverse; edges between nodes that are not there are left out. */
export function unpackGraph({ nodes, edges, omitted }: PackedGraph): EgoGraph {
  return {
    nodes,
    edges: edges.flatMap(([from, to, kind, at]) => {
      const [source, target] = [nodes[from]?.id, nodes[to]?.id];
      return source === undefined || target === undefined ? [] : [{ source, target, kind, at }];
    }),
    omitted,
  };
}
