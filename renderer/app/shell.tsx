import { Outlet, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useKeyboard } from '../ui/keyboard.ts';
import { useCommands } from '../ui/registry.ts';
import { useQueueFilter, type ViewName } from '../features/queue/queue-filter.ts';
import { useMay, useWorkspace } from './connection.ts';
import { KeysOverlay } from './keys-overlay.tsx';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import styles from './shell.module.css';
import { Starting } from './starting.tsx';
import { StateLine } from './state-line.tsx';

/** Whether the workspace was ever ready in this window: from then on the screen stays, whatever the host does. */
function useWasReady(state: string | undefined): boolean {
  const [wasReady, setWasReady] = useState(false);
  if (state === 'ready' && !wasReady) setWasReady(true);
  return wasReady || state === 'ready';
}

export function Shell() {
  const workspace = useWorkspace();
  const wasReady = useWasReady(workspace.data?.state);
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
    settings: () => void navigate({ to: '/settings' }),
    keys: () => showKeys(true),
  });
  return (
    <div className={styles.shell}>
      {wasReady ? (
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
