import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { failureText } from './bridge.ts';
import styles from './screen-error.module.css';

/** In place of a screen that threw: the rest of the window goes on. */
export function ScreenError({ error, reset }: ErrorComponentProps) {
  return (
    <div role="alert" className={styles.page}>
      <h1>This screen has stopped</h1>
      <p>Decisions already made are safe.</p>
      <p className={`${styles.detail ?? ''} selectable`}>{failureText(error)}</p>
      <button type="button" className={styles.action} onClick={reset}>
        Show it again
      </button>
    </div>
  );
}

export function NoSuchScreen() {
  return (
    <div className={styles.page}>
      <h1>There is no such screen</h1>
      <Link to="/queue/{-$itemId}" className={styles.action}>
        Go to the queue
      </Link>
    </div>
  );
}
