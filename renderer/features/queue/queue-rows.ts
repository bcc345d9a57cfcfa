import { queryOptions, useQueries } from '@tanstack/react-query';
import { ask } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import type { QueueFilter, QueuePage } from '../../../core/contract/queue.ts';
import { shownRows, type DecidedItems, type ShownRows } from './shown-rows.ts';

const PAGE_SIZE = 100;
/** Rows before and after what is needed that are worth having. */
const MARGIN = 30;

/** Indexes of rows, both included. */
export type Range = { readonly first: number; readonly last: number };

function pageQuery(filter: QueueFilter, page: number) {
  return queryOptions({
    queryKey: ['queue', filter, page],
    queryFn: () => ask('queue.page', { filter, offset: page * PAGE_SIZE, limit: PAGE_SIZE }),
    staleTime: 60_000,
    // Until the first page of a new filter is there, the old rows stay: a flash of nothing says less.
    ...(page === 0 ? { placeholderData: latestFirstPage } : {}),
  });
}

function latestFirstPage(): QueuePage | undefined {
  const pages = queryClient.getQueryCache().findAll({ queryKey: ['queue'] });
  const latest = pages
    .filter(({ queryKey, state }) => queryKey[2] === 0 && state.data !== undefined)
    .toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)[0];
  return latest === undefined ? undefined : queryClient.getQueryData<QueuePage>(latest.queryKey);
}

function pagesOf(ranges: readonly Range[]): readonly number[] {
  const pages = new Set<number>();
  for (const { first, last } of ranges) {
    const end = Math.floor((last + MARGIN) / PAGE_SIZE);
    for (let page = Math.floor(Math.max(0, first - MARGIN) / PAGE_SIZE); page <= end; page += 1) pages.add(page);
  }
  return [...pages].toSorted((a, b) => a - b);
}

export type QueueRows = ShownRows & {
  /** Whether nothing is known yet of what this filter matches. */
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
};

/** The rows around what is on the screen and around the open case, asked for by page. */
export function useQueueRows(filter: QueueFilter, ranges: readonly Range[], decided: DecidedItems): QueueRows {
  const answers = useQueries({ queries: pagesOf(ranges).map((page) => pageQuery(filter, page)) });
  const known = answers.filter((answer) => answer.data !== undefined && !answer.isPlaceholderData);
  const usable = known.length > 0 ? known : answers;
  const newest = usable.toSorted((a, b) => b.dataUpdatedAt - a.dataUpdatedAt)[0]?.data;
  const pages = usable.flatMap((answer) => (answer.data === undefined ? [] : [answer.data]));
  const failed = answers.find((answer) => answer.isError);
  return {
    ...shownRows(newest?.total ?? 0, pages, decided),
    loading: known.length === 0 && failed === undefined,
    error: failed?.error ?? null,
    retry: () => {
      for (const answer of answers) if (answer.isError) void answer.refetch();
    },
  };
}

/** The ids of the rows of a range, read where they are not loaded, in their order. */
export async function idsBetween(filter: QueueFilter, range: Range, decided: DecidedItems): Promise<string[]> {
  const pages = await Promise.all(pagesOf([range]).map((page) => queryClient.fetchQuery(pageQuery(filter, page))));
  const rows = shownRows(pages[0]?.total ?? 0, pages, decided);
  const indexes = Array.from({ length: range.last - range.first + 1 }, (_, step) => range.first + step);
  return indexes.flatMap((index) => rows.rowAt(index)?.itemId ?? []);
}
