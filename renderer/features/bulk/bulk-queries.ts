import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { BulkItems, BulkSession } from '../../../core/contract/bulk.ts';
import { ask } from '../../app/bridge.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { isMoving } from './session-words.ts';

const PAGE_SIZE = 200;
/** Notices tell how far it is; this only catches a lost one, and a host that is gone. */
const LOOK_EVERY_MS = 2_000;
/** A session that says it runs and has not moved for so long is run by nobody. */
const STALLED_AFTER_MS = 15_000;

/** Asked for on-line: what failed without a server is asked again when there is one. */
export function useBulkSessions() {
  const enabled = useIsOnline();
  return useQuery({ queryKey: ['bulk', 'list'], queryFn: () => ask('bulk.list', {}), staleTime: 5_000, enabled });
}

export function useBulkSession(sessionId: string) {
  return useQuery({
    queryKey: ['bulk', 'session', sessionId],
    queryFn: () => ask('bulk.get', { sessionId }),
    staleTime: 1_000,
    refetchInterval: (query) =>
      query.state.data !== undefined && query.state.data !== null && isMoving(query.state.data.state)
        ? LOOK_EVERY_MS
        : false,
  });
}

/** What running would do now: read anew whenever it is opened. */
export function useBulkPreview(sessionId: string) {
  return useQuery({
    queryKey: ['bulk', 'preview', sessionId],
    queryFn: () => ask('bulk.preview', { sessionId }),
    staleTime: 0,
    refetchOnMount: 'always',
  });
}

function itemsQuery(session: BulkSession, page: number) {
  const { sessionId, state, settled } = session;
  return queryOptions({
    // With where the session stands: what is shown never is from before.
    queryKey: ['bulk', 'items', sessionId, state, settled, page],
    queryFn: () => ask('bulk.items', { sessionId, offset: page * PAGE_SIZE, limit: PAGE_SIZE }),
  });
}

/** The items from `first` to `last`, by page; undefined where their page is on the way. */
export function useBulkItems(session: BulkSession, first: number, last: number) {
  const pages: number[] = [];
  for (let page = Math.floor(Math.max(0, first) / PAGE_SIZE); page <= Math.floor(last / PAGE_SIZE); page += 1) {
    pages.push(page);
  }
  const answers = useQueries({ queries: pages.map((page) => itemsQuery(session, page)) });
  const known = new Map<number, BulkItems>();
  pages.forEach((page, n) => {
    const data = answers[n]?.data;
    if (data !== undefined) known.set(page, data);
  });
  return {
    total: answers.find((answer) => answer.data !== undefined)?.data?.total ?? session.items,
    rowAt: (index: number) => known.get(Math.floor(index / PAGE_SIZE))?.rows[index % PAGE_SIZE],
    error: answers.find((answer) => answer.isError)?.error ?? null,
  };
}

/** Whether a session that should be moving has stood still for long: its program may have ended in the middle. */
export function useStalled(session: BulkSession): boolean {
  const [stoodAt, setStoodAt] = useState<string | null>(null);
  const moving = isMoving(session.state);
  const mark = `${session.state} ${session.settled}`;
  useEffect(() => {
    if (!moving) return;
    const timer = setTimeout(() => setStoodAt(mark), STALLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [mark, moving]);
  return moving && stoodAt === mark;
}
