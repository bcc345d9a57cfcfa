import { useCallback, useEffect, useRef } from 'react';
import type { QueueFilter } from '../../../core/contract/queue.ts';
import { failureText } from '../../app/bridge.ts';
import { say } from '../case/decisions-made.ts';
import { idsBetween, type QueueRows } from './queue-rows.ts';
import { ranged, stepped, toggled, unselect, UNSELECTED, useSelection, without } from './selection.ts';
import type { DecidedItems } from './shown-rows.ts';

type View = {
  readonly filter: QueueFilter;
  readonly rows: QueueRows;
  readonly decided: DecidedItems;
  /** The open case, and its index among the rows, -1 where it is not there. */
  readonly selected: string | null;
  readonly found: number;
  readonly open: (itemId: string) => void;
};

export type Picking = {
  /** One case more or less, or all from where the range began up to it. */
  readonly pick: (itemId: string, index: number, upTo: boolean) => void;
  /** The open case more or less. */
  readonly pickOpen: () => void;
  /** Selects from the open case one further, and opens that. */
  readonly extend: (step: 1 | -1) => void;
  readonly pickAll: () => void;
};

/** Choosing cases for a bulk session, by keys and by mouse. */
export function usePicking(view: View): Picking {
  const latest = useRef(view);
  useEffect(() => {
    latest.current = view;
  });

  // All that match one filter are not all that match another.
  const { filter } = view;
  useEffect(() => {
    const { choice } = useSelection.getState();
    if (choice.kind === 'filter' && JSON.stringify(choice.filter) !== JSON.stringify(filter)) unselect();
  }, [filter]);

  // What was decided here meanwhile is not there to be decided again.
  const { decided } = view;
  useEffect(() => {
    useSelection.setState((selection) => without(selection, decided));
  }, [decided]);

  const pick = useCallback((itemId: string, index: number, upTo: boolean) => {
    const { filter, decided, found, selected } = latest.current;
    const { range, from } = useSelection.getState();
    if (!upTo || (range.length === 0 && selected === null)) {
      useSelection.setState((selection) => toggled(selection, itemId, index));
      return;
    }
    const start = range.length > 0 ? from : Math.max(found, 0);
    const ends = { first: Math.min(start, index), last: Math.max(start, index) };
    void idsBetween(filter, ends, decided).then(
      (ids) => useSelection.setState((selection) => ranged(selection, index < start ? ids.toReversed() : ids, start)),
      (error: unknown) => say(`Not selected: ${failureText(error)}`),
    );
  }, []);

  return {
    pick,
    pickOpen: () => {
      if (view.selected !== null) pick(view.selected, Math.max(view.found, 0), false);
    },
    extend: (step) => {
      const { rows, selected, found, open } = view;
      const target = rows.rowAt(found + step);
      if (selected === null || found < 0 || target === undefined) return;
      useSelection.setState((selection) => stepped(selection, selected, target.itemId, found));
      open(target.itemId);
    },
    pickAll: () => useSelection.setState({ ...UNSELECTED, choice: { kind: 'filter', filter, total: view.rows.total } }),
  };
}
