import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import type { QueueFilter, QueueRow } from '../../../core/contract/queue.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { useNow } from '../../ui/now.ts';
import { useQueueNavigation } from './queue-context.ts';
import type { QueueRows, Range } from './queue-rows.ts';
import { QueueRowLine } from './queue-row.tsx';
import { isSelected, useSelection } from './selection.ts';
import styles from './queue-grid.module.css';

const ROW_HEIGHT = 44;
const OVERSCAN = 12;
const STEP = 20;

/**
 * Rows go by their item, so that where one leaves, those below it move up as they are. Between two pages of different moments an
 * item can be there twice; the second one goes by its place.
 */
function keys(): (row: QueueRow | undefined, index: number) => string | number {
  const used = new Set<string>();
  return (row, index) => {
    if (row === undefined || used.has(row.itemId)) return index;
    used.add(row.itemId);
    return row.itemId;
  };
}

/** The rows on the screen, of however many there are. Focus roves: one row takes Tab, the arrows move. */
export function QueueGrid({
  rows,
  filter,
  place,
  onVisible,
  onPick,
}: {
  readonly rows: QueueRows;
  readonly filter: QueueFilter;
  readonly place: number;
  readonly onVisible: (range: Range) => void;
  /** A click with a key held: one case more or less, or all up to it. Null where nothing can be chosen. */
  readonly onPick: ((itemId: string, index: number, upTo: boolean) => void) | null;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { selected, open, next, previous } = useQueueNavigation();
  const now = useNow();
  const choice = useSelection((selection) => selection.choice);
  const me = useReadyWorkspace()?.analyst ?? null;
  const onClick = useCallback(
    (row: QueueRow, index: number, event: MouseEvent) => {
      if (onPick !== null && (event.shiftKey || event.ctrlKey || event.metaKey))
        onPick(row.itemId, index, event.shiftKey);
      else open(row.itemId);
    },
    [onPick, open],
  );
  // oxlint-disable-next-line react/incompatible-library -- nothing here is compiled for memoisation
  const virtualizer = useVirtualizer({
    count: rows.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    useFlushSync: false,
    // The open row stays in the document wherever the list is scrolled to, and with it the focus.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return place < 0 || shown.includes(place) ? shown : [...shown, place].toSorted((a, b) => a - b);
    },
  });

  // In steps, so that scrolling does not render the screen again with every row.
  const first = Math.floor((virtualizer.range?.startIndex ?? 0) / STEP) * STEP;
  const last = Math.ceil((virtualizer.range?.endIndex ?? STEP) / STEP) * STEP;
  useEffect(() => onVisible({ first, last }), [first, last, onVisible]);

  useEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
  }, [filter]);

  useEffect(() => {
    const list = scroller.current;
    if (place < 0 || list === null) return;
    // Compared with what the virtualizer knows: asking the element would lay the page out once more for every case.
    const top = virtualizer.scrollOffset ?? 0;
    const height = virtualizer.scrollRect?.height ?? 0;
    if (height === 0) virtualizer.scrollToIndex(place, { align: 'auto' });
    else if (place * ROW_HEIGHT < top) list.scrollTop = place * ROW_HEIGHT;
    else if ((place + 1) * ROW_HEIGHT > top + height) list.scrollTop = (place + 1) * ROW_HEIGHT - height;
  }, [place, virtualizer]);

  // The focus follows the open row, where it was in the list already. With the row of a decided case it goes to nothing, unsaid.
  const hadFocus = useRef(false);
  useEffect(() => {
    const list = scroller.current;
    const { activeElement } = document;
    if (list === null || !hadFocus.current) return;
    if (activeElement !== document.body && !list.contains(activeElement)) return;
    list.querySelector<HTMLElement>('[aria-selected=true]')?.focus({ preventScroll: true });
  }, [selected]);

  const openAt = (index: number) => {
    const row = rows.rowAt(Math.min(Math.max(index, 0), rows.total - 1));
    if (row !== undefined) open(row.itemId);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    switch (event.key) {
      case 'ArrowDown':
        next();
        break;
      case 'ArrowUp':
        previous();
        break;
      case 'PageDown':
        openAt(place + page);
        break;
      case 'PageUp':
        openAt(place - page);
        break;
      case 'Home':
        openAt(0);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  const keyOf = keys();
  return (
    <div
      ref={scroller}
      className={styles.grid}
      role="grid"
      aria-label="Queue"
      aria-rowcount={rows.total}
      aria-colcount={5}
      aria-busy={rows.loading}
      // Empty, the list takes the focus itself.
      tabIndex={rows.total === 0 ? 0 : -1}
      onKeyDown={onKeyDown}
      onFocus={() => (hadFocus.current = true)}
      onBlur={() => (hadFocus.current = false)}
    >
      <div role="rowgroup" className={styles.rows} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const row = rows.rowAt(index);
          return (
            <QueueRowLine
              key={keyOf(row, index)}
              index={index}
              top={start}
              row={row}
              selected={index === place}
              picked={row !== undefined && isSelected(choice, row.itemId)}
              me={me}
              reachable={index === Math.max(place, 0)}
              now={now}
              onClick={onClick}
            />
          );
        })}
      </div>
    </div>
  );
}
