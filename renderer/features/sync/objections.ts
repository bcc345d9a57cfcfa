import { useQuery } from '@tanstack/react-query';
import type { Objection } from '../../../core/contract/sync.ts';
import { ask } from '../../app/bridge.ts';
import { useMay } from '../../app/connection.ts';
import { useIsOnline } from '../../app/sync-state.ts';

/** How many there are, of which not all are listed. */
export function countObjections(listed: readonly Objection[]): number {
  return listed.reduce((sum, { alike, nth }) => (nth === 1 ? sum + alike : sum), 0);
}

/** What was handed to leads; asked for by leads alone, and on-line. */
export function useObjections() {
  const { lead } = useMay();
  const isOnline = useIsOnline();
  return useQuery({
    queryKey: ['objections'],
    queryFn: () => ask('sync.objections', {}),
    enabled: lead && isOnline,
    staleTime: 10_000,
    refetchInterval: 60_000,
  });
}
