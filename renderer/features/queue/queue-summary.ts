import { useQuery } from '@tanstack/react-query';
import type { QueueSummary } from '../../../core/contract/queue.ts';
import { ask } from '../../app/bridge.ts';

export function useQueueSummary(): QueueSummary | undefined {
  return useQuery({ queryKey: ['summary'], queryFn: () => ask('queue.summary', {}) }).data;
}
