import type { QueueFilter } from '../../../core/contract/queue.ts';
import { QueueGrid } from './queue-grid.tsx';
import { QueueHead } from './queue-head.tsx';
import { QueueEmpty, QueueFailed, QueueLoading } from './queue-states.tsx';
import type { QueueRows, Range } from './queue-rows.ts';
import styles from './queue-pane.module.css';

export function QueuePane({
  rows,
  filter,
  place,
  onVisible,
}: {
  readonly rows: QueueRows;
  readonly filter: QueueFilter;
  /** Where the open case is among the rows, -1 when it is not. */
  readonly place: number;
  readonly onVisible: (range: Range) => void;
}) {
  return (
    <section className={styles.pane} aria-label="Queue of cases">
      <QueueHead total={rows.total} />
      {rows.error !== null && <QueueFailed error={rows.error} onRetry={rows.retry} />}
      {rows.loading && rows.total === 0 && <QueueLoading />}
      {!rows.loading && rows.error === null && rows.total === 0 && <QueueEmpty />}
      <QueueGrid rows={rows} filter={filter} place={place} onVisible={onVisible} />
    </section>
  );
}
