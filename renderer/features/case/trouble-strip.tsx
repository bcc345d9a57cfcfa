import { useQueueNavigation } from '../queue/queue-context.ts';
import { dismissTrouble, doneWord, send, useDecisions } from './decisions-made.ts';
import styles from './trouble-strip.module.css';

/** A decision that did not take effect: what happened, what is safe, what to do. */
export function TroubleStrip() {
  const trouble = useDecisions((decisions) => decisions.trouble);
  const { open } = useQueueNavigation();
  if (trouble === null) return null;
  const { sent, message, again } = trouble;
  return (
    <div className={styles.strip} role="alert">
      <p className={styles.text}>
        <strong>
          Not {doneWord(sent.request.decision).toLowerCase()}: {sent.about}
        </strong>{' '}
        <span className={styles.message}>{message}</span>
        {again && ' Whether it arrived is not known; sent again, it counts once.'}
      </p>
      {again && (
        <button type="button" onClick={() => void send(sent)}>
          Send again
        </button>
      )}
      <button type="button" onClick={() => open(sent.request.itemId)}>
        Open the case
      </button>
      <button type="button" onClick={dismissTrouble}>
        Dismiss
      </button>
    </div>
  );
}
