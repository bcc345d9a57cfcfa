import { FootLine } from '../features/case/foot-line.tsx';
import { LinkState } from '../features/sync/link-state.tsx';
import { number } from '../ui/format.ts';
import { useWorkspace } from './connection.ts';
import styles from './state-line.module.css';

/** Why, and the way out, fill the window. */
function NothingShown() {
  return <span data-tone="bad">○ the queue cannot be shown</span>;
}

function State() {
  const workspace = useWorkspace();
  const status = workspace.data;
  if (status === undefined) {
    return workspace.isError ? <NothingShown /> : <span>○ starting</span>;
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
      return <NothingShown />;
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
