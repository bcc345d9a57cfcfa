import { useDeferredValue } from 'react';
import type { EgoGraph } from '../../../core/contract/case.ts';
import { number } from '../../ui/format.ts';
import { Pane } from '../../ui/pane.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { GraphCanvas } from './graph-canvas.tsx';
import { GraphList } from './graph-list.tsx';
import styles from './graph.module.css';

type Props = {
  readonly graph: EgoGraph;
  /** Begins a bulk session with all that hangs together here; null where there is none to begin. */
  readonly onRing: (() => void) | null;
};

export function GraphPane({ graph, onRing }: Props) {
  const asList = usePreferences((preferences) => preferences.graphAsList);
  const set = usePreferences((preferences) => preferences.set);
  // The rest of the case is painted first.
  const drawn = useDeferredValue(graph, null) === graph ? graph : null;
  const controls = (
    <span className={styles.controls}>
      {graph.omitted > 0 && <span className={styles.omitted}>{number(graph.omitted)} more not drawn</span>}
      {onRing !== null && (
        <button
          type="button"
          className={styles.toggle}
          title="Bulk session with all open cases of this ring"
          onClick={onRing}
        >
          Bulk on this ring
        </button>
      )}
      <button
        type="button"
        className={styles.toggle}
        aria-pressed={asList}
        onClick={() => set({ graphAsList: !asList })}
      >
        List
      </button>
    </span>
  );
  return (
    <Pane heading="Graph" aside={controls} fixed>
      {asList && <GraphList graph={graph} />}
      {!asList && <GraphCanvas graph={drawn} />}
    </Pane>
  );
}
