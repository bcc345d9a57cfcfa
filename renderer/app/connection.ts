import { useQuery } from '@tanstack/react-query';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { ask, onNotice } from './bridge.ts';
import { queryClient } from './query-client.ts';

const WORKSPACE = ['workspace'] as const;
const REFRESH_MS = 150;

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
export function useReadyWorkspace(): Extract<WorkspaceStatus, { state: 'ready' }> | null {
  const status = useWorkspace().data;
  return status?.state === 'ready' ? status : null;
}

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
    for (const key of ['queue', 'summary', 'case', 'workspace']) {
      void queryClient.invalidateQueries({ queryKey: [key] });
    }
  }, REFRESH_MS);
}

/** Starts following notices; returns the function that ends it. */
export function followNotices(): () => void {
  return onNotice((notice) => {
    switch (notice.kind) {
      case 'workspace': {
        const before = queryClient.getQueryData<WorkspaceStatus>(WORKSPACE);
        queryClient.setQueryData(WORKSPACE, notice.status);
        if (notice.status.state === 'ready' && before?.state !== 'ready') refreshReviews();
        return;
      }
      case 'queue':
        refreshReviews();
        return;
    }
  });
}
