import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import type { OutboxPage, OutboxRow } from '../../../core/contract/sync.ts';
import { ask } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import type { Section } from './outbox-filter.ts';

const PAGE_SIZE = 100;

function pageQuery({ states, troubled }: Section, page: number) {
  return queryOptions({
    queryKey: ['outbox', states, troubled, page],
    queryFn: () =>
      ask('sync.outbox', {
        states: [...states],
        ...(troubled === undefined ? {} : { troubled }),
        offset: page * PAGE_SIZE,
        limit: PAGE_SIZE,
      }),
  });
}

export type OutboxRows = {
  readonly total: number;
  /** Undefined while its page is on the way. */
  readonly rowAt: (index: number) => OutboxRow | undefined;
  /** Rows of the whole outbox by state; null until it is known. */
  readonly byState: OutboxPage['byState'] | null;
  readonly error: Error | null;
};

/** The pages that are wanted of sections that come one after the other, with `totals` rows each. */
export function pagesWanted(
  totals: readonly number[],
  first: number,
  last: number,
): readonly { readonly section: number; readonly page: number }[] {
  let start = 0;
  return totals.flatMap((total, section) => {
    const from = Math.max(0, first - start);
    const to = Math.min(total - 1, last - start);
    start += total;
    const pages = [];
    for (let page = Math.floor(from / PAGE_SIZE); page <= Math.floor(to / PAGE_SIZE); page += 1) {
      if (page > 0) pages.push({ section, page });
    }
    return pages;
  });
}

/** The rows of these sections from `first` to `last`, by page. */
export function useOutboxRows(sections: readonly Section[], first: number, last: number): OutboxRows {
  // The first page of each tells how many there are.
  const heads = useQueries({ queries: sections.map((section) => pageQuery(section, 0)) });
  const totals = heads.map((head) => head.data?.total ?? 0);
  const wanted = pagesWanted(totals, first, last);
  const rest = useQueries({
    queries: wanted.map(({ section, page }) => pageQuery(sectionAt(sections, section), page)),
  });
  const rowAt = (index: number): OutboxRow | undefined => {
    let place = index;
    for (const [section, total] of totals.entries()) {
      if (place < total) {
        const page = Math.floor(place / PAGE_SIZE);
        const answer =
          page === 0 ? heads[section] : rest[wanted.findIndex((one) => one.section === section && one.page === page)];
        return answer?.data?.rows[place % PAGE_SIZE];
      }
      place -= total;
    }
    return undefined;
  };
  return {
    total: totals.reduce((sum, total) => sum + total, 0),
    rowAt,
    byState: heads[0]?.data?.byState ?? null,
    error: [...heads, ...rest].find((answer) => answer.isError)?.error ?? null,
  };
}

function sectionAt(sections: readonly Section[], index: number): Section {
  const section = sections[index];
  if (section === undefined) throw new Error('no such section');
  return section;
}

/** What a person can see of one operation, and do about it; null when it is not in the outbox. */
export function useConflict(id: string) {
  return useQuery({ queryKey: ['outbox', 'conflict', id], queryFn: () => ask('sync.conflict', { id }) });
}

/** The operation that needs a person next, other than this one; null when none does. */
export async function nextTroubled(except: string): Promise<string | null> {
  const { rows } = await ask('sync.outbox', { troubled: true, offset: 0, limit: 2 });
  return rows.find(({ id }) => id !== except)?.id ?? null;
}

/** The row as a list has it, so that a choice is shown before it is read whole. */
export function knownRow(id: string): OutboxRow | null {
  for (const [, page] of queryClient.getQueriesData<OutboxPage>({ queryKey: ['outbox'] })) {
    const row = page !== undefined && 'rows' in page ? page.rows.find((other) => other.id === id) : undefined;
    if (row !== undefined) return row;
  }
  return null;
}
