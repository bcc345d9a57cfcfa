import { Link, useLocation } from '@tanstack/react-router';
import { useQueueFilter, type ViewName } from '../features/queue/queue-filter.ts';
import { useQueueSummary } from '../features/queue/queue-summary.ts';
import { countObjections, useObjections } from '../features/sync/objections.ts';
import { number } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { useMay } from './connection.ts';
import { useSyncStatus } from './sync-state.ts';
import styles from './rail.module.css';

type Props = {
  readonly onKeys: () => void;
  readonly onQueue: () => void;
  /** Shows a view of the queue. */
  readonly onView: (view: ViewName) => void;
};

function Count({ count, title }: { readonly count: number; readonly title: string }) {
  if (count === 0) return null;
  return (
    <span className={styles.count} title={title}>
      {' '}
      {count > 99 ? '99+' : count}
    </span>
  );
}

/** The outbox, with how much of it needs a person. */
function Sync({ current }: { readonly current: boolean }) {
  const troubled = useSyncStatus()?.troubled ?? 0;
  const handed = countObjections(useObjections().data ?? []);
  const title =
    handed === 0 ? `${number(troubled)} need you` : `${number(troubled)} need you, ${number(handed)} handed to leads`;
  return (
    <Link
      to="/sync/{-$id}"
      params={{ id: undefined }}
      className={styles.place}
      aria-current={current ? 'page' : undefined}
      title="Sync and the outbox (g s)"
    >
      <Icon name="sync" />
      Sync
      <Count count={troubled + handed} title={title} />
    </Link>
  );
}

/** What was escalated to the leads, with how much of it waits. */
function Escalated({ current, onOpen }: { readonly current: boolean; readonly onOpen: () => void }) {
  const count = useQueueSummary()?.byStatus.escalated ?? 0;
  return (
    <button
      type="button"
      className={styles.place}
      aria-current={current ? 'page' : undefined}
      title="Escalated cases (g e)"
      onClick={onOpen}
    >
      <Icon name="escalated" />
      Escalated
      <Count count={count} title={`${number(count)} waiting`} />
    </button>
  );
}

export function Rail({ onKeys, onQueue, onView }: Props) {
  const path = useLocation({ select: (location) => location.pathname });
  const view = useQueueFilter((filter) => filter.view);
  const may = useMay();
  const isQueue = path.startsWith('/queue');
  const isEscalated = isQueue && view === 'escalated' && may.lead;
  return (
    <nav className={styles.rail} aria-label="Screens">
      <button
        type="button"
        className={styles.place}
        aria-current={isQueue && !isEscalated ? 'page' : undefined}
        title="Queue (g q)"
        onClick={() => (isEscalated ? onView('pending') : onQueue())}
      >
        <Icon name="queue" />
        Queue
      </button>
      {may.lead && <Escalated current={isEscalated} onOpen={() => onView('escalated')} />}
      {may.decide && (
        <Link
          to="/bulk/{-$sessionId}"
          className={styles.place}
          aria-current={path.startsWith('/bulk') ? 'page' : undefined}
          title="Bulk sessions (g b)"
        >
          <Icon name="bulk" />
          Bulk
        </Link>
      )}
      <Sync current={path.startsWith('/sync')} />
      <span className={styles.gap} />
      <button type="button" className={styles.place} onClick={onKeys} title="All keys (?)">
        <Icon name="keys" />
        Keys
      </button>
      <Link
        to="/settings"
        className={styles.place}
        aria-current={path === '/settings' ? 'page' : undefined}
        title="Settings"
      >
        <Icon name="settings" />
        Settings
      </Link>
    </nav>
  );
}
