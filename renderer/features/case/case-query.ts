import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ask } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import { layOutAhead } from '../graph/places.ts';

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

/** The frame that shows the next case must not wait for its graph: it is laid out while there is nothing else to do. */
async function prepare(itemId: string): Promise<void> {
  await queryClient.prefetchQuery(caseQuery(itemId));
  const answer = queryClient.getQueryData(caseQuery(itemId).queryKey);
  if (answer?.state === 'whole') requestIdleCallback(() => layOutAhead(answer.file.graph));
}

/** Reads cases before they are opened, so that the next one is there at once. */
export function usePrefetchedCases(itemIds: readonly string[]): void {
  const wanted = itemIds.join(' ');
  useEffect(() => {
    if (wanted === '') return;
    for (const itemId of wanted.split(' ')) void prepare(itemId);
  }, [wanted]);
}
