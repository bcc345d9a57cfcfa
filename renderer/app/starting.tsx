import { useWorkspace, retryWorkspace } from './connection.ts';
import { useState } from 'react';
import { ask, failureText } from './bridge.ts';
import { number } from '../ui/format.ts';
import styles from './starting.module.css';

function Progress({
  step,
  done,
  total,
}: {
  readonly step: string;
  readonly done: number | null;
  readonly total: number | null;
}) {
  const counted = done !== null && total !== null && total > 0;
  return (
    <>
      <p className={styles.step}>{step}</p>
      <progress className={styles.bar} aria-label={step} {...(counted ? { value: done, max: total } : {})} />
      <p className={styles.count}>{counted ? `${number(done)} of ${number(total)}` : ' '}</p>
    </>
  );
}

function Failed({
  message,
  detail,
  removable,
}: {
  readonly message: string;
  readonly detail: string | null;
  readonly removable: boolean;
}) {
  return (
    <>
      <div role="alert">
        <p className={styles.message}>{message}</p>
        {detail !== null && <pre className={`${styles.detail ?? ''} selectable`}>{detail}</pre>}
        <button type="button" className={styles.retry} onClick={() => void retryWorkspace()}>
          Retry
        </button>
      </div>
      {removable && <RemoveUnreadable />}
    </>
  );
}

/** The way out where the copy on this computer cannot be read any more; in two steps, since what was not delivered goes with it. */
function RemoveUnreadable() {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async () => {
    setProblem(null);
    try {
      const { removed } = await ask('sync.wipe', { evenUndelivered: true });
      if (removed) await retryWorkspace();
    } catch (error) {
      setProblem(`Not removed: ${failureText(error)}`);
    }
  };
  return (
    <div className={styles.remove}>
      {asked ? (
        <>
          <p>Decisions in it that were not delivered would be lost.</p>
          <button type="button" onClick={() => setAsked(false)}>
            Keep it
          </button>
          <button type="button" className={styles.danger} onClick={(event) => event.detail < 2 && void remove()}>
            Remove it
          </button>
        </>
      ) : (
        <button type="button" onClick={() => setAsked(true)}>
          Remove the copy from this computer…
        </button>
      )}
      {problem !== null && <p role="alert">{problem}</p>}
    </div>
  );
}

/** The whole window until the workspace is ready for the first time. */
export function Starting() {
  const workspace = useWorkspace();
  const status = workspace.data;
  return (
    <div className={styles.page}>
      <div className={styles.column}>
        <h1 className={styles.name}>Umpire</h1>
        {workspace.isError && status === undefined && (
          <Failed message={failureText(workspace.error)} detail={null} removable={false} />
        )}
        {status === undefined && !workspace.isError && <Progress step="Starting" done={null} total={null} />}
        {status?.state === 'starting' && <Progress {...status} />}
        {status?.state === 'failed' && (
          <Failed message={status.message} detail={status.detail} removable={status.removal !== undefined} />
        )}
      </div>
    </div>
  );
}
