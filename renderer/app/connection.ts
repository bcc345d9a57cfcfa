import { useQuery } from '@tanstack/react-query';
import type { BulkSession } from '../../core/contract/bulk.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { runCommand } from '../ui/registry.ts';
import { ask, onNotice } from './bridge.ts';
import { tellOutbox } from './outbox-news.ts';
import { queryClient } from './query-client.ts';
import { tellSyncStatus } from './sync-state.ts';

const WORKSPACE = ['workspace'] as const;
const REFRESH_MS = 150;

export type ReadyWorkspace = Extract<WorkspaceStatus, { state: 'ready' }>;

/** Where the core host stands. Notices bring changes; the polling only catches a lost one. */
export function useWorkspace() {
  return useQuery({
    queryKey: WORKSPACE,
    queryFn: () => ask('workspace.status', {}),
    staleTime: 1_000,
    refetchInterval: (query) => (query.state.data?.state === 'ready' ? 60_000 : 2_000),
    refetchIntervalInBackground: true,
  });
}

/** The status when it is `ready`, otherwise null. */
export function useReadyWorkspace(): ReadyWorkspace | null {
  const status = useWorkspace().data;
  return status?.state === 'ready' ? status : null;
}

/** The same outside of a component. */
export function readyWorkspace(): ReadyWorkspace | null {
  const status = queryClient.getQueryData<WorkspaceStatus>(WORKSPACE);
  return status?.state === 'ready' ? status : null;
}

/** What this login may do; nothing until it is known. */
export function useMay(): ReadyWorkspace['may'] {
  return useReadyWorkspace()?.may ?? NOTHING;
}

const NOTHING = { decide: false, lead: false } as const;

export async function retryWorkspace(): Promise<void> {
  // Where the host cannot even be told to retry, the status asked for next says so.
  await ask('workspace.retry', {}).catch(() => undefined);
  await queryClient.invalidateQueries({ queryKey: WORKSPACE });
}

let refresh: ReturnType<typeof setTimeout> | undefined;

/** Asks again for all that a decision can have changed; many calls in a row cost one refresh. */
export function refreshReviews(): void {
  if (refresh !== undefined) return;
  refresh = setTimeout(() => {
    refresh = undefined;
    for (const key of ['queue', 'summary', 'case', 'workspace', 'outbox', 'objections']) {
      void queryClient.invalidateQueries({ queryKey: [key] });
    }
  }, REFRESH_MS);
}

/** Forgets what was shown of people and decisions, since the copy that it came from is gone; what is on the screen is asked for anew. */
export function forgetReviews(): void {
  void queryClient.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== WORKSPACE[0] });
}

/** Puts what is known of a session where every screen reads it. */
export function tellBulkSession(session: BulkSession): void {
  queryClient.setQueryData(['bulk', 'session', session.sessionId], session);
  const known = queryClient.getQueryData<BulkSession[]>(['bulk', 'list']);
  if (known?.some(({ sessionId }) => sessionId === session.sessionId) === true) {
    queryClient.setQueryData(
      ['bulk', 'list'],
      known.map((other) => (other.sessionId === session.sessionId ? session : other)),
    );
  } else {
    void queryClient.invalidateQueries({ queryKey: ['bulk', 'list'] });
  }
}

/** Starts following notices; returns the function that ends it. */
export function followNotices(): () => void {
  return onNotice((notice) => {
    switch (notice.kind) {
      case 'workspace': {
        const before = queryClient.getQueryData<WorkspaceStatus>(WORKSPACE);
        queryClient.setQueryData(WORKSPACE, notice.status);
        if (notice.status.state === 'ready' && before?.state !== 'ready') {
          refreshReviews();
          void queryClient.invalidateQueries({ queryKey: ['bulk'] });
        }
        return;
      }
      case 'queue':
        refreshReviews();
        return;
      case 'sync':
        tellSyncStatus(notice.status);
        return;
      case 'outbox':
        tellOutbox(notice.rows);
        refreshReviews();
        return;
      case 'bulk':
        tellBulkSession(notice.session);
        return;
      case 'menu':
        runCommand(notice.command);
        return;
    }
  });
}
