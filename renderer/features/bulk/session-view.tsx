import { useEffect, useRef } from 'react';
import type { BulkSession } from '../../../core/contract/bulk.ts';
import { failureText } from '../../app/bridge.ts';
import { refreshReviews, useMay } from '../../app/connection.ts';
import { exactMoment, moment } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { useReasonLabel } from '../case/reasons.ts';
import { say } from '../case/decisions-made.ts';
import { useBulkSession } from './bulk-queries.ts';
import { PreviewView } from './preview-view.tsx';
import { ProgressView } from './progress-view.tsx';
import { ResultView } from './result-view.tsx';
import { SessionHead } from './session-head.tsx';
import { endWords, isMoving, title } from './session-words.ts';
import styles from './session-view.module.css';

/** Says at the foot where a session has come to a stand that was seen elsewhere before. */
function useEndSaid(session: BulkSession | null | undefined): void {
  const was = useRef<BulkSession['state'] | null>(null);
  useEffect(() => {
    if (session === null || session === undefined) return;
    if (was.current !== null && was.current !== session.state && !isMoving(session.state)) {
      say(endWords(session));
      refreshReviews();
    }
    was.current = session.state;
  }, [session]);
}

function About({ session }: { readonly session: BulkSession }) {
  const now = useNow();
  const labelOf = useReasonLabel();
  return (
    <>
      {session.reason !== null && <strong>{labelOf(session.reason)}</strong>}{' '}
      {session.note !== null && `“${session.note}” `}· {session.chosenBy} · by {session.startedBy},{' '}
      <time dateTime={session.createdAt} title={exactMoment(session.createdAt)}>
        {moment(session.createdAt, now)}
      </time>
    </>
  );
}

function Body({ session }: { readonly session: BulkSession }) {
  switch (session.state) {
    case 'ready':
      return <PreviewView session={session} />;
    case 'running':
    case 'paused':
    case 'undoing':
      return <ProgressView session={session} />;
    case 'cancelled':
    case 'done':
    case 'undone':
      return <ResultView session={session} />;
  }
}

/** One session, in whatever state it is. */
export function SessionView({ sessionId }: { readonly sessionId: string }) {
  const { decide } = useMay();
  const query = useBulkSession(sessionId);
  const session = query.data;
  useEndSaid(session);
  if (!decide) return <p className={styles.late}>Bulk sessions take the role analyst.</p>;
  if (session === undefined) {
    return query.isError ? (
      <div role="alert" className={styles.missing}>
        <h2>The session could not be read</h2>
        <p>{failureText(query.error)} What it decided is safe.</p>
        <button type="button" className={styles.retry} onClick={() => void query.refetch()}>
          Retry
        </button>
      </div>
    ) : (
      <p className={styles.late}>Loading the session</p>
    );
  }
  if (session === null) {
    return (
      <div className={styles.missing}>
        <h2>There is no such session</h2>
      </div>
    );
  }
  return (
    <div className={styles.page}>
      <SessionHead heading={title(session)} state={session.state}>
        <About session={session} />
      </SessionHead>
      <Body session={session} />
    </div>
  );
}
