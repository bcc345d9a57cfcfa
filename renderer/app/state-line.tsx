import { FootLine } from '../features/case/foot-line.tsx';
import { LinkState } from '../features/sync/link-state.tsx';
import { number } from '../ui/format.ts';
import { failureText } from './bridge.ts';
import { retryWorkspace, useWorkspace } from './connection.ts';
import styles from './state-line.module.css';

function State() {
  const workspace = useWorkspace();
  const status = workspace.data;
  if (status === undefined) {
    return workspace.isError ? <span data-tone="bad">○ {failureText(workspace.error)}</span> : <span>○ starting</span>;
  }
  switch (status.state) {
    case 'ready':
      return <LinkState />;
    case 'starting': {
      const { step, done, total } = status;
      const count = done !== null && total !== null ? ` · ${number(done)} of ${number(total)}` : '';
      return (
        <span>
          ◔ {step}
          {count}
        </span>
      );
    }
    case 'failed':
      return (
        <>
          <span data-tone="bad" className={styles.failure} title={status.detail ?? status.message}>
            ○ {status.message}
          </span>
          <button type="button" className={styles.retry} onClick={() => void retryWorkspace()}>
            Retry
          </button>
        </>
      );
  }
}

/** The foot of the window: where things stand, what was done last, who is here. */
export function StateLine() {
  const status = useWorkspace().data;
  const ready = status?.state === 'ready' ? status : null;
  return (
    <footer className={styles.line} role="contentinfo" aria-label="State">
      <div className={styles.left}>
        <State />
        {ready !== null && (
          <span className={ready.demo ? styles.demo : styles.label} title={ready.label}>
            {ready.label}
          </span>
        )}
      </div>
      <FootLine />
      <div className={styles.right}>
        {ready !== null && (
          <>
            <span>{ready.analyst}</span>
            <span>{ready.role}</span>
            <span title="Your decisions in the last hour">{number(ready.decisionsLastHour)}/h</span>
          </>
        )}
      </div>
    </footer>
  );
}
