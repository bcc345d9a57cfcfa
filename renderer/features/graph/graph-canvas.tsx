import { useElementSize } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { EgoGraph, GraphEdge } from '../../../core/contract/case.ts';
import { Icon } from '../../ui/icons.tsx';
import { GraphNodeMark } from './graph-node.tsx';
import { measureAt } from '../../ui/text-width.ts';
import { LABEL_SIZE, visibleLabels } from './label.ts';
import { neighboursOf, type Point, type Size } from './layout.ts';
import { placesOf } from './places.ts';
import { useView } from './view.ts';
import styles from './graph.module.css';

const KINDS = [
  ['user', 'accounts'],
  ['device', 'devices'],
  ['address', 'addresses'],
  ['code', 'codes'],
] as const;

/** The graph in words: what there is, and what the two people share. */
function summary(graph: EgoGraph, shared: number): string {
  const counts = KINDS.map(([kind, words]) => `${graph.nodes.filter((node) => node.kind === kind).length} ${words}`);
  return `Fingerprint graph: ${counts.join(', ')}; ${shared} shared by referrer and referee`;
}

/** The direct line between the two people runs below what they share. */
function edgePath(a: Point, b: Point, bent: boolean): string {
  if (!bent) return `M${a.x} ${a.y} L${b.x} ${b.y}`;
  const sag = Math.abs(b.x - a.x) * 0.32;
  return `M${a.x} ${a.y} Q${(a.x + b.x) / 2} ${(a.y + b.y) / 2 + sag} ${b.x} ${b.y}`;
}

/** Each pair once: who was seen from where several times is one line. */
function lines(graph: EgoGraph): readonly (GraphEdge & { readonly key: string })[] {
  const byPair = new Map(graph.edges.map((edge) => [`${edge.kind} ${edge.source} ${edge.target}`, edge]));
  return [...byPair].map(([key, edge]) => ({ ...edge, key }));
}

/** Measures its place; draws nothing while there is no graph to draw. */
export function GraphCanvas({ graph }: { readonly graph: EgoGraph | null }) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  return (
    <div ref={ref} className={styles.canvas}>
      {graph !== null && width > 0 && height > 0 && <Picture graph={graph} width={width} height={height} />}
    </div>
  );
}

function Picture({ graph, width, height }: { readonly graph: EgoGraph } & Size) {
  const [pointed, setPointed] = useState<string | null>(null);
  const { view, zoom, fit, surface } = useView();
  const neighbours = useMemo(() => neighboursOf(graph), [graph]);
  const places = useMemo(() => placesOf(graph, { width, height }), [graph, width, height]);
  const edges = useMemo(() => lines(graph), [graph]);
  const at = (id: string): Point => {
    const place = places.get(id) ?? { x: 0, y: 0 };
    return { x: place.x * view.scale + view.x, y: place.y * view.scale + view.y };
  };
  const labels = visibleLabels(graph.nodes, at, measureAt(LABEL_SIZE));
  const roles = new Map(graph.nodes.map((node) => [node.id, node.role]));
  const near = pointed === null ? null : new Set([pointed, ...(neighbours.get(pointed) ?? [])]);
  const isPerson = (id: string) => roles.get(id) === 'referrer' || roles.get(id) === 'referee';
  const shared = graph.nodes.filter((node) => {
    const linked = (neighbours.get(node.id) ?? []).map((id) => roles.get(id));
    return node.kind !== 'user' && linked.includes('referrer') && linked.includes('referee');
  });
  return (
    <>
      <svg
        role="img"
        aria-label={summary(graph, shared.length)}
        width={width}
        height={height}
        className={styles.svg}
        {...surface}
      >
        <g>
          {edges.map(({ key, source, target, kind }) => (
            <path
              key={key}
              d={edgePath(at(source), at(target), isPerson(source) && isPerson(target))}
              className={styles.edge}
              data-kind={kind}
              data-lit={pointed !== null && (source === pointed || target === pointed)}
            />
          ))}
        </g>
        {graph.nodes.map((node) => (
          <GraphNodeMark
            key={node.id}
            node={node}
            at={at(node.id)}
            labelled={labels.has(node.id)}
            faded={near !== null && !near.has(node.id)}
            onPoint={setPointed}
          />
        ))}
      </svg>
      <div className={styles.tools} role="group" aria-label="Graph view">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(1.3, { x: width / 2, y: height / 2 })}>
          <Icon name="plus" size={12} />
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.3, { x: width / 2, y: height / 2 })}>
          <Icon name="minus" size={12} />
        </button>
        <button type="button" aria-label="Fit" onClick={fit}>
          <Icon name="fit" size={12} />
        </button>
      </div>
    </>
  );
}
