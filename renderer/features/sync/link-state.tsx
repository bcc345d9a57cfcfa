import { Link } from '@tanstack/react-router';
import { tryNow, useSyncStatus } from '../../app/sync-state.ts';
import { useWallClock } from '../../ui/now.ts';
import { linkWords, troubledWords } from './link-words.ts';
import styles from './link-state.module.css';

/** Where the link stands, at the foot of the window; it leads to the Sync screen. */
export function LinkState() {
  const status = useSyncStatus();
  const now = useWallClock();
  if (status === undefined) return <span>◔ connecting</span>;
  const { sign, tone, text, title } = linkWords(status, now);
  const troubled = troubledWords(status.troubled);
  return (
    <>
      <Link to="/sync/{-$id}" params={{ id: undefined }} className={styles.state} title={title}>
        <span className={styles.sign} data-tone={tone} aria-hidden="true">
          {sign}
        </span>{' '}
        {text}
      </Link>
      {troubled !== '' && (
        <Link to="/sync/{-$id}" params={{ id: undefined }} className={styles.troubled}>
          ▲ {troubled}
        </Link>
      )}
      {status.link === 'offline' && (
        <button type="button" className={styles.try} title={title} onClick={() => void tryNow()}>
          Try now
        </button>
      )}
    </>
  );
}
