import { useQueueNavigation } from '../queue/queue-context.ts';
import { dismissTrouble, useDecisions } from './decisions-made.ts';
import styles from './trouble-strip.module.css';

/** A decision, or taking one back, that did not take effect: what happened, what is safe, what to do. */
export function TroubleStrip() {
  const trouble = useDecisions((decisions) => decisions.trouble);
  const { open } = useQueueNavigation();
  if (trouble === null) return null;
  const { title, message, itemId, again, isUnanswered } = trouble;
  return (
    <div className={styles.strip} role="alert">
      <p className={styles.text}>
        <strong>{title}</strong> <span className={styles.message}>{message}</span>
        {isUnanswered && ' Whether it arrived is not known; sent again, it counts once.'}
      </p>
      {again !== null && (
        <button type="button" onClick={again}>
          {isUnanswered ? 'Send again' : 'Try again'}
        </button>
      )}
      <button type="button" onClick={() => open(itemId)}>
        Open the case
      </button>
      <button type="button" onClick={dismissTrouble}>
        Dismiss
      </button>
    </div>
  );
}
