import { Link, useLocation } from '@tanstack/react-router';
import { Icon } from '../ui/icons.tsx';
import styles from './rail.module.css';

export function Rail({ onKeys }: { readonly onKeys: () => void }) {
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav className={styles.rail} aria-label="Screens">
      <Link
        to="/queue/{-$itemId}"
        className={styles.place}
        aria-current={path.startsWith('/queue') ? 'page' : undefined}
        title="Queue (g q)"
      >
        <Icon name="queue" />
        Queue
      </Link>
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
