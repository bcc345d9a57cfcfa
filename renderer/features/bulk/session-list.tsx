import { Link } from '@tanstack/react-router';
import type { BulkSession } from '../../../core/contract/bulk.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { failureText } from '../../app/bridge.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { exactMoment, moment, number } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { useBulkSessions } from './bulk-queries.ts';
import { isMoving, progressOf, STATE_WORDS, title } from './session-words.ts';
import styles from './session-list.module.css';

function Line({
  session,
  isOpen,
  now,
}: {
  readonly session: BulkSession;
  readonly isOpen: boolean;
  readonly now: number;
}) {
  const me = useReadyWorkspace()?.analyst ?? null;
  const { done, total } = progressOf(session);
  const isPart = isMoving(session.state) || session.state === 'paused';
  return (
    <li>
      <Link
        to="/bulk/{-$sessionId}"
        params={{ sessionId: session.sessionId }}
        replace
        className={styles.line}
        aria-current={isOpen ? 'true' : undefined}
      >
        <span className={styles.title}>{title(session)}</span>
        <span className={styles.state} data-state={session.state}>
          {STATE_WORDS[session.state]}
          {isPart && ` ${number(done)} of ${number(total)}`}
        </span>
        <span className={styles.chosen} title={session.chosenBy}>
          {session.startedBy === me ? '' : `${session.startedBy} · `}
          {session.chosenBy}
        </span>
        <time dateTime={session.createdAt} title={exactMoment(session.createdAt)} className={styles.at}>
          {moment(session.createdAt, now)}
        </time>
      </Link>
    </li>
  );
}

/** All sessions, newest first, those of others too; above them the one that is being put together. */
export function SessionList({ open, hasDraft }: { readonly open: string | null; readonly hasDraft: boolean }) {
  const sessions = useBulkSessions();
  const isOnline = useIsOnline();
  const now = useNow();
  return (
    <nav className={styles.list} aria-label="Bulk sessions">
      <h2 className={styles.heading}>Bulk sessions</h2>
      <ul className={styles.lines}>
        {hasDraft && (
          <li>
            <Link
              to="/bulk/{-$sessionId}"
              params={{ sessionId: undefined }}
              replace
              className={styles.line}
              aria-current={open === null ? 'true' : undefined}
            >
              <span className={styles.title}>New session</span>
            </Link>
          </li>
        )}
        {(sessions.data ?? []).map((session) => (
          <Line key={session.sessionId} session={session} isOpen={session.sessionId === open} now={now} />
        ))}
      </ul>
      {sessions.isError && sessions.data === undefined && isOnline && (
        <p role="alert" className={styles.none}>
          The sessions could not be read. {failureText(sessions.error)}
        </p>
      )}
      {!isOnline && sessions.data === undefined && (
        <p className={styles.none}>Sessions are kept by the server; they are shown on-line.</p>
      )}
      {sessions.data?.length === 0 && !hasDraft && <p className={styles.none}>There have been none.</p>}
    </nav>
  );
}
