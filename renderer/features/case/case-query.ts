import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';

function caseQuery(itemId: string) {
  return queryOptions({ queryKey: ['case', itemId], queryFn: () => ask('case.get', { itemId }) });
}

/** Evidence that was missing or old when it was asked for may be there by now: nothing else tells of its arrival. */
const LOOK_AGAIN_MS = 1000;

export function useCase(itemId: string | null) {
  return useQuery({
    ...caseQuery(itemId ?? ''),
    enabled: itemId !== null,
    refetchInterval: ({ state: { data } }) =>
      data?.state === 'not_kept' || (data?.state === 'whole' && data.isStale) ? LOOK_AGAIN_MS : false,
  });
}

/** Reads cases before they are opened, so that the next one is there at once. */
export function usePrefetchedCases(itemIds: readonly string[]): void {
  const wanted = itemIds.join(' ');
  useEffect(() => {
    if (wanted === '') return;
    for (const itemId of wanted.split(' ')) void queryClient.prefetchQuery(caseQuery(itemId));
  }, [wanted]);
}
