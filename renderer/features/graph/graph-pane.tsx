import { useDeferredValue } from 'react';
import type { EgoGraph } from '../../../core/contract/case.ts';
import { number } from '../../ui/format.ts';
import { Pane } from '../../ui/pane.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { GraphCanvas } from './graph-canvas.tsx';
import { GraphList } from './graph-list.tsx';
import styles from './graph.module.css';

export function GraphPane({ graph }: { readonly graph: EgoGraph }) {
  const asList = usePreferences((preferences) => preferences.graphAsList);
  const set = usePreferences((preferences) => preferences.set);
  // The rest of the case is painted first.
  const drawn = useDeferredValue(graph, null) === graph ? graph : null;
  const controls = (
    <>
      {graph.omitted > 0 && <span className={styles.omitted}>{number(graph.omitted)} more not drawn</span>}
      <button
        type="button"
        className={styles.toggle}
        aria-pressed={asList}
        onClick={() => set({ graphAsList: !asList })}
      >
        List
      </button>
    </>
  );
  return (
    <Pane heading="Graph" aside={controls} fixed>
      {asList && <GraphList graph={graph} />}
      {!asList && <GraphCanvas graph={drawn} />}
    </Pane>
  );
}
