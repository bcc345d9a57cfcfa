import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useNow } from '../../ui/now.ts';
import { useQueueNavigation } from './queue-context.ts';
import type { QueueRows, Range } from './queue-rows.ts';
import { QueueRowLine } from './queue-row.tsx';
import styles from './queue-grid.module.css';

const ROW_HEIGHT = 44;
const OVERSCAN = 12;

/** The rows on the screen, of however many there are. Focus roves: one row takes Tab, the arrows move. */
export function QueueGrid({
  rows,
  place,
  onVisible,
}: {
  readonly rows: QueueRows;
  readonly place: number;
  readonly onVisible: (range: Range) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { selected, open, next, previous } = useQueueNavigation();
  const now = useNow();
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

  const first = virtualizer.range?.startIndex ?? 0;
  const last = virtualizer.range?.endIndex ?? 30;
  useEffect(() => onVisible({ first, last }), [first, last, onVisible]);

  useEffect(() => {
    if (place >= 0) virtualizer.scrollToIndex(place, { align: 'auto' });
  }, [place, virtualizer]);

  // The focus follows the open row, where it was in the list already.
  useEffect(() => {
    const list = scroller.current;
    if (list?.contains(document.activeElement) !== true) return;
    list.querySelector<HTMLElement>('[aria-selected=true]')?.focus({ preventScroll: true });
  }, [selected]);

  const openAt = (index: number) => {
    const row = rows.rowAt(Math.min(Math.max(index, 0), rows.total - 1));
    if (row !== undefined) open(row.itemId);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const page = Math.max(1, last - first - 1);
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
    >
      <div role="rowgroup" className={styles.rows} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => (
          <QueueRowLine
            key={index}
            index={index}
            top={start}
            row={rows.rowAt(index)}
            selected={index === place}
            reachable={index === Math.max(place, 0)}
            now={now}
            onOpen={open}
          />
        ))}
      </div>
    </div>
  );
}
