import { QueryClient } from '@tanstack/react-query';
import { CallFailure } from './bridge.ts';

/** The "network" of these queries is IPC: it is there with or without an internet connection. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (failures, error) => error instanceof CallFailure && error.code === 'unavailable' && failures < 2,
      retryDelay: 500,
    },
  },
});
