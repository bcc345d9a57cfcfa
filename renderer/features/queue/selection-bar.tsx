import { number } from '../../ui/format.ts';
import { CommandKey } from '../../ui/command-key.tsx';
import { countOf, unselect, useSelection } from './selection.ts';
import styles from './selection-bar.module.css';

/** How much is selected, and what can be done with it; absent while nothing is. */
export function SelectionBar({
  total,
  onAll,
  onBulk,
}: {
  /** Cases that match the filter. */
  readonly total: number;
  readonly onAll: () => void;
  readonly onBulk: () => void;
}) {
  const choice = useSelection((selection) => selection.choice);
  const count = countOf(choice);
  const all = choice.kind === 'filter';
  return (
    <div role="group" aria-label="Selection" className={styles.bar} data-empty={count === 0}>
      <p role="status" className={styles.count}>
        {count > 0 && (
          <>
            {all && 'all '}
            <strong>{number(count)}</strong> selected
          </>
        )}
      </p>
      {count > 0 && (
        <>
          {!all && count < total && (
            <button type="button" className={styles.action} onClick={onAll}>
              Select all {number(total)}
            </button>
          )}
          <button type="button" className={styles.action} onClick={unselect}>
            Clear
          </button>
          <button type="button" className={styles.bulk} onClick={onBulk}>
            Bulk <CommandKey id="bulk" />
          </button>
        </>
      )}
    </div>
  );
}
