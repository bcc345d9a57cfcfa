import { failureText } from '../../app/bridge.ts';
import { number } from '../../ui/format.ts';
import { clearFilter, isNarrowed, useQueueFilter, VIEWS } from './queue-filter.ts';
import { useQueueSummary } from './queue-summary.ts';
import styles from './queue-pane.module.css';

export function QueueLoading() {
  return <p className={`${styles.state ?? ''} ${styles.late ?? ''}`}>Loading the queue</p>;
}

export function QueueFailed({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  return (
    <div className={styles.state} role="alert">
      <h2>The queue could not be read</h2>
      <p>{failureText(error)}</p>
      <p>Decisions already made are safe.</p>
      <button type="button" className={styles.action} onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}

function holdsText(holds: number): string {
  if (holds === 0) return 'No hold ends today.';
  return holds === 1 ? '1 hold ends today.' : `${number(holds)} holds end today.`;
}

/** Says what to do next, not only that there is nothing. */
export function QueueEmpty() {
  const filter = useQueueFilter();
  const { view } = filter;
  const summary = useQueueSummary();
  if (isNarrowed(filter)) {
    return (
      <div className={styles.state}>
        <h2>No case matches</h2>
        <p>Nothing in “{VIEWS[view].label}” fits the search, the bands and the score chosen.</p>
        <button type="button" className={styles.action} onClick={clearFilter}>
          Show all of them
        </button>
      </div>
    );
  }
  return (
    <div className={styles.state}>
      <h2>{view === 'pending' ? 'Nothing is waiting.' : `Nothing is ${VIEWS[view].label.toLowerCase()}.`}</h2>
      {summary !== undefined && <p>{holdsText(summary.holdsEndingSoon)}</p>}
    </div>
  );
}
