import { useNavigate, useParams } from '@tanstack/react-router';
import { useMay } from '../../app/connection.ts';
import { useCommands } from '../../ui/registry.ts';
import { useBulkSessions } from './bulk-queries.ts';
import { useDraft } from './draft.ts';
import { NewSession } from './new-session.tsx';
import { NothingChosen } from './nothing-chosen.tsx';
import { useOfflineSession } from './offline.ts';
import { OfflineView } from './offline-view.tsx';
import { SessionList } from './session-list.tsx';
import { SessionView } from './session-view.tsx';
import styles from './bulk-screen.module.css';

/** Bulk sessions: those there are, and the one that is put together, previewed, run or looked at. */
export function BulkScreen() {
  const { sessionId } = useParams({ from: '/bulk/{-$sessionId}' });
  const hasDraft = useDraft((state) => state.draft !== null);
  const isOffline = useOfflineSession((state) => state.session !== null);
  return (
    <div className={styles.screen}>
      <h1 className="visually-hidden">Bulk sessions</h1>
      <Moving sessionId={sessionId ?? null} />
      <SessionList open={sessionId ?? null} hasDraft={hasDraft || isOffline} />
      <section className={styles.session} aria-label="Bulk session">
        {sessionId !== undefined && <SessionView key={sessionId} sessionId={sessionId} />}
        {sessionId === undefined && <Unfrozen />}
      </section>
    </div>
  );
}

/** What is no session of the server (yet): a draft, or one that is decided without it. */
function Unfrozen() {
  const { decide } = useMay();
  const draft = useDraft((state) => state.draft);
  const offline = useOfflineSession((state) => state.session);
  if (!decide) return <NothingChosen mayDecide={false} />;
  if (draft !== null) return <NewSession draft={draft} />;
  return offline === null ? <NothingChosen mayDecide /> : <OfflineView session={offline} />;
}

/** The keys that move in the queue move among the sessions here. */
function Moving({ sessionId }: { readonly sessionId: string | null }) {
  const navigate = useNavigate();
  const sessions = useBulkSessions().data ?? [];
  const place = sessions.findIndex((session) => session.sessionId === sessionId);
  const go = (index: number) => {
    const target = sessions[index];
    if (target !== undefined) {
      void navigate({ to: '/bulk/{-$sessionId}', params: { sessionId: target.sessionId }, replace: true });
    }
  };
  useCommands({ next: () => go(place + 1), previous: () => go(Math.max(0, place - 1)) });
  return null;
}
