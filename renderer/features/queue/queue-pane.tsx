import type { QueueFilter } from '../../../core/contract/queue.ts';
import { QueueGrid } from './queue-grid.tsx';
import { QueueHead } from './queue-head.tsx';
import { QueueEmpty, QueueFailed, QueueLoading } from './queue-states.tsx';
import type { QueueRows, Range } from './queue-rows.ts';
import { SelectionBar } from './selection-bar.tsx';
import styles from './queue-pane.module.css';

export function QueuePane({
  rows,
  filter,
  place,
  onVisible,
  onPick,
  onAll,
  onBulk,
}: {
  readonly rows: QueueRows;
  readonly filter: QueueFilter;
  /** Where the open case is among the rows, -1 when it is not. */
  readonly place: number;
  readonly onVisible: (range: Range) => void;
  /** Null where there is nothing to choose cases for. */
  readonly onPick: ((itemId: string, index: number, upTo: boolean) => void) | null;
  readonly onAll: () => void;
  readonly onBulk: () => void;
}) {
  return (
    <section className={styles.pane} aria-label="Queue of cases">
      <QueueHead total={rows.total} />
      {rows.error !== null && <QueueFailed error={rows.error} onRetry={rows.retry} />}
      {rows.loading && rows.total === 0 && <QueueLoading />}
      {!rows.loading && rows.error === null && rows.total === 0 && <QueueEmpty />}
      <QueueGrid rows={rows} filter={filter} place={place} onVisible={onVisible} onPick={onPick} />
      <SelectionBar total={rows.total} onAll={onAll} onBulk={onBulk} />
    </section>
  );
}
