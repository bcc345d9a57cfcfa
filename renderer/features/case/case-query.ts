import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';

function caseQuery(itemId: string) {
  return queryOptions({ queryKey: ['case', itemId], queryFn: () => ask('case.get', { itemId }) });
}

export function useCase(itemId: string | null) {
  return useQuery({ ...caseQuery(itemId ?? ''), enabled: itemId !== null });
}

/** Reads cases before they are opened, so that the next one is there at once. */
export function usePrefetchedCases(itemIds: readonly string[]): void {
  const wanted = itemIds.join(' ');
  useEffect(() => {
    if (wanted === '') return;
    for (const itemId of wanted.split(' ')) void queryClient.prefetchQuery(caseQuery(itemId));
  }, [wanted]);
}
