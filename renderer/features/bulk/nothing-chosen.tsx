import { Link } from '@tanstack/react-router';
import { CommandKey } from '../../ui/command-key.tsx';
import { KeyCap } from '../../ui/key-cap.tsx';
import styles from './nothing-chosen.module.css';

/** Says how a session is begun, not only that there is none. */
export function NothingChosen({ mayDecide }: { readonly mayDecide: boolean }) {
  if (!mayDecide) {
    return (
      <div className={styles.page}>
        <h2>Bulk sessions take the role analyst</h2>
      </div>
    );
  }
  return (
    <div className={styles.page}>
      <h2>No session is open</h2>
      <p>Choose cases in the queue, then begin one with them.</p>
      <dl className={styles.keys}>
        <dt>
          <CommandKey id="select" />
        </dt>
        <dd>the open case, or Ctrl-click in the list</dd>
        <dt>
          <CommandKey id="selectDown" /> <CommandKey id="selectUp" />
        </dt>
        <dd>a range, or Shift-click</dd>
        <dt>
          <CommandKey id="selectAll" />
        </dt>
        <dd>all that match the search, the bands and the score</dd>
        <dt>
          <CommandKey id="bulk" />
        </dt>
        <dd>begin with what is selected</dd>
        <dt>
          <CommandKey id="ring" />
        </dt>
        <dd>begin with the ring around the open case</dd>
      </dl>
      <Link to="/queue/{-$itemId}" className={styles.action}>
        Go to the queue <KeyCap>g</KeyCap> <KeyCap>q</KeyCap>
      </Link>
    </div>
  );
}
