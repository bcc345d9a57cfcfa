import type { GraphNode } from '../../../core/contract/case.ts';
import { number } from '../../ui/format.ts';
import { LABEL_HEIGHT, labelOf, radiusOf } from './label.ts';
import type { Point } from './layout.ts';
import styles from './graph.module.css';

/** How much of a user's disc is filled, as in the band's sign. */
function bandSector(band: GraphNode['band'], radius: number): string | null {
  const r = radius - 3;
  switch (band) {
    case null:
    case 'low':
      return null;
    case 'medium':
      return `M0 0 L0 ${-r} A${r} ${r} 0 0 1 ${r} 0 Z`;
    case 'high':
      return `M0 ${-r} A${r} ${r} 0 0 1 0 ${r} Z`;
    case 'critical':
      return `M0 ${-r} A${r} ${r} 0 0 1 0 ${r} A${r} ${r} 0 0 1 0 ${-r} Z`;
  }
}

function Shape({ node }: { readonly node: GraphNode }) {
  const r = radiusOf(node);
  switch (node.kind) {
    case 'user': {
      const sector = bandSector(node.band, r);
      return (
        <>
          {node.role === 'referrer' && <circle r={r + 4} className={styles.ring} />}
          <circle r={r} className={styles.shape} />
          {sector !== null && <path d={sector} className={styles.fill} />}
        </>
      );
    }
    case 'device':
      return <rect x={-r} y={-r} width={2 * r} height={2 * r} rx="2" className={styles.shape} />;
    case 'address':
      return <path d={`M0 ${-r - 2} L${r + 2} 0 L0 ${r + 2} L${-r - 2} 0 Z`} className={styles.shape} />;
    case 'code':
      return <path d={`M${-r - 4} 0 L${-r + 3} ${-r + 2} H${r + 4} V${r - 2} H${-r + 3} Z`} className={styles.shape} />;
  }
}

const KIND_WORDS = { user: 'Account', device: 'Device', address: 'Address', code: 'Code' } as const;

/** A node in words, for its tooltip and the list. */
export function nodeText(node: GraphNode): string {
  const parts = [`${KIND_WORDS[node.kind]} ${node.label}`];
  if (node.role !== 'other') parts.push(node.role);
  if (node.band !== null) parts.push(`${node.band} band`);
  if (node.flagged) parts.push('flagged');
  if (node.kind !== 'user') parts.push(node.accounts === 1 ? '1 account' : `${number(node.accounts)} accounts`);
  return parts.join(' · ');
}

type Props = {
  readonly node: GraphNode;
  readonly at: Point;
  readonly labelled: boolean;
  readonly faded: boolean;
  readonly onPoint: (id: string | null) => void;
};

export function GraphNodeMark({ node, at, labelled, faded, onPoint }: Props) {
  const shared = node.kind !== 'user' && node.accounts > 1;
  const radius = radiusOf(node);
  return (
    <g
      transform={`translate(${at.x} ${at.y})`}
      className={styles.node}
      data-kind={node.kind}
      data-band={node.band ?? undefined}
      data-shared={shared}
      data-faded={faded}
      onPointerEnter={() => onPoint(node.id)}
      onPointerLeave={() => onPoint(null)}
    >
      <title>{nodeText(node)}</title>
      <Shape node={node} />
      {shared && (
        <text dy="4" className={styles.accounts}>
          {node.accounts > 999 ? '1k+' : node.accounts}
        </text>
      )}
      {node.flagged && (
        <path d={`M${radius - 3} ${-radius - 5} v9 M${radius - 3} ${-radius - 5} l7 3 l-7 3`} className={styles.flag} />
      )}
      {labelled && (
        <text y={radius + LABEL_HEIGHT} className={styles.label} data-person={node.role !== 'other'}>
          {labelOf(node)}
        </text>
      )}
    </g>
  );
}
