import { useWorkspace, retryWorkspace } from './connection.ts';
import { failureText } from './bridge.ts';
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

function Failed({ message, detail }: { readonly message: string; readonly detail: string | null }) {
  return (
    <div role="alert" className={styles.failed}>
      <p className={styles.message}>{message}</p>
      {detail !== null && <pre className={`${styles.detail ?? ''} selectable`}>{detail}</pre>}
      <button type="button" className={styles.retry} onClick={() => void retryWorkspace()}>
        Retry
      </button>
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
        {workspace.isError && status === undefined && <Failed message={failureText(workspace.error)} detail={null} />}
        {status === undefined && !workspace.isError && <Progress step="Starting" done={null} total={null} />}
        {status?.state === 'starting' && <Progress {...status} />}
        {status?.state === 'failed' && <Failed message={status.message} detail={status.detail} />}
      </div>
    </div>
  );
}
