import { useDecisions } from './decisions-made.ts';
import styles from './foot-line.module.css';

/** What was decided last; read out when it changes. */
export function FootLine() {
  const foot = useDecisions((decisions) => decisions.foot);
  return (
    <p role="status" aria-live="polite" className={styles.foot}>
      {foot}
    </p>
  );
}
