import type { EgoGraph, GraphNode } from '../../../core/contract/case.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { capital, number } from '../../ui/format.ts';
import { neighboursOf } from './layout.ts';
import styles from './graph.module.css';

const ORDER: readonly GraphNode['kind'][] = ['device', 'address', 'code', 'user'];

const rank = (node: GraphNode) => ['referrer', 'referee', 'other'].indexOf(node.role);

/** Whose it is: the names of the accounts it is drawn with, the case's two people first. */
function linkedTo(
  node: GraphNode,
  nodes: ReadonlyMap<string, GraphNode>,
  neighbours: ReadonlyMap<string, readonly string[]>,
): string {
  const linked = [...new Set(neighbours.get(node.id) ?? [])].flatMap((id) => nodes.get(id) ?? []);
  return linked
    .toSorted((a, b) => rank(a) - rank(b))
    .map((other) => (other.role === 'other' ? other.label : `${other.label} (${other.role})`))
    .join(', ');
}

/** The same graph to read line by line: shared things first. */
export function GraphList({ graph }: { readonly graph: EgoGraph }) {
  const neighbours = neighboursOf(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const ordered = graph.nodes.toSorted(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.accounts - a.accounts || (a.label < b.label ? -1 : 1),
  );
  return (
    <div className={styles.list} role="group" aria-label="Fingerprint graph, as a list" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Name</th>
            <th scope="col">Accounts</th>
            <th scope="col">Linked to</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((node) => (
            <tr key={node.id}>
              <td>{capital(node.kind)}</td>
              <th scope="row" className="selectable" data-band={node.band ?? undefined}>
                {node.band !== null && <BandGlyph band={node.band} size={11} />} {node.label}
                {node.flagged && <span className={styles.flagged}> flagged</span>}
              </th>
              <td>{node.kind === 'user' ? '' : number(node.accounts)}</td>
              <td title={linkedTo(node, nodes, neighbours)}>{linkedTo(node, nodes, neighbours)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
