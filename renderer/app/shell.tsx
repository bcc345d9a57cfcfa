import { Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useKeyboard } from '../ui/keyboard.ts';
import { useCommands } from '../ui/registry.ts';
import { useQueueFilter, type ViewName } from '../features/queue/queue-filter.ts';
import { closeOffline } from '../features/bulk/offline.ts';
import { forgetDecisions, useDecisions } from '../features/case/decisions-made.ts';
import { forgetReviews, useMay, useWorkspace } from './connection.ts';
import { KeysOverlay } from './keys-overlay.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import styles from './shell.module.css';
import { Starting } from './starting.tsx';
import { StateLine } from './state-line.tsx';
import { tryNow } from './sync-state.ts';

/**
 * Whether there is something to show. Once there was, the screen stays while the host starts anew; without a server it is
 * `ready` from its cache. `failed` means that there is none, or none that may be shown: nothing of it stays.
 */
function useHasReviews(state: string | undefined): boolean {
  const [wasReady, setWasReady] = useState(false);
  if (state === 'ready' && !wasReady) setWasReady(true);
  if (state === 'failed' && wasReady) setWasReady(false);
  useEffect(() => {
    if (state !== 'failed') return;
    forgetReviews();
    forgetDecisions();
    closeOffline();
  }, [state]);
  return state === 'ready' || (wasReady && state !== 'failed');
}

export function Shell() {
  const workspace = useWorkspace();
  const hasReviews = useHasReviews(workspace.data?.state);
  const navigate = useNavigate();
  const [keysShown, showKeys] = useState(false);
  const may = useMay();
  const setFilter = useQueueFilter((filter) => filter.set);
  const goToQueue = () => void navigate({ to: '/queue/{-$itemId}' });
  const showQueue = (view: ViewName) => {
    setFilter({ view });
    void navigate({ to: '/queue/{-$itemId}', params: { itemId: undefined } });
  };
  useKeyboard();
  useCommands({
    queue: goToQueue,
    ...(may.lead ? { escalated: () => showQueue('escalated') } : {}),
    ...(may.decide ? { bulks: () => void navigate({ to: '/bulk/{-$sessionId}' }) } : {}),
    // What came back is what one goes there for.
    sync: () => {
      const id = useDecisions.getState().cameBack.at(-1)?.id;
      void navigate({ to: '/sync/{-$id}', params: { id } });
    },
    tryNow: () => void tryNow(),
    settings: () => void navigate({ to: '/settings' }),
    keys: () => showKeys(true),
  });
  return (
    <div className={styles.shell}>
      {hasReviews ? (
        <>
          <Rail onKeys={() => showKeys(true)} onQueue={goToQueue} onView={showQueue} />
          <main id="screen" className={styles.screen}>
            <Outlet />
          </main>
        </>
      ) : (
        <main className={styles.whole}>
          <Starting />
        </main>
      )}
      <StateLine />
      <KeysOverlay opened={keysShown} onClose={() => showKeys(false)} />
      <Palette />
    </div>
  );
}
