import { queryOptions, useQuery } from '@tanstack/react-query';
import type { SyncStatus } from '../../core/contract/sync.ts';
import { noteAhead } from '../ui/now.ts';
import { ask } from './bridge.ts';
import { queryClient } from './query-client.ts';

const STATUS = ['sync', 'status'] as const;

/** Notices bring changes; the polling only catches a lost one. */
const statusQuery = queryOptions({
  queryKey: STATUS,
  queryFn: async () => noted(await ask('sync.status', {})),
  staleTime: 1_000,
  refetchInterval: 15_000,
  refetchIntervalInBackground: true,
});

/** Where the cache stands with its server; undefined until it was told. */
export function useSyncStatus(): SyncStatus | undefined {
  return useQuery(statusQuery).data;
}

/** The same outside of a component. */
export function syncStatus(): SyncStatus | undefined {
  return queryClient.getQueryData<SyncStatus>(STATUS);
}

/** Whether the server answers now; false while that is not known. */
export function useIsOnline(): boolean {
  return useQuery({ ...statusQuery, select: isOnlineIn }).data ?? false;
}

function isOnlineIn({ link }: SyncStatus): boolean {
  return link === 'online';
}

export function isOnline(): boolean {
  return syncStatus()?.link === 'online';
}

export function tellSyncStatus(status: SyncStatus): void {
  queryClient.setQueryData(STATUS, noted(status));
}

function noted(status: SyncStatus): SyncStatus {
  noteAhead(status.clockAhead);
  return status;
}

/** Tries to reach the server at once; how it went is told by the status. */
export async function tryNow(): Promise<void> {
  await ask('sync.now', {}).catch(() => undefined);
  await queryClient.invalidateQueries({ queryKey: STATUS });
}
