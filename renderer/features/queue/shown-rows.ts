import type { QueuePage, QueueRow } from '../../../core/contract/queue.ts';
import type { ReviewStatus } from '../../../core/domain/vocabulary.ts';

/**
 * Items decided in this window, as they were then: version and status. A version of null is any: what waits for another
 * analyst comes in new versions, and is still nothing to do for whoever decided it.
 */
export type DecidedItems = ReadonlyMap<string, { readonly version: number | null; readonly status: ReviewStatus }>;

export type ShownRows = {
  readonly total: number;
  readonly rowAt: (index: number) => QueueRow | undefined;
  /** -1 where the item is not among the loaded rows. */
  readonly indexOf: (itemId: string) => number;
};

/**
 * The rows of the loaded pages without those decided here. A row is left out only as it was decided: what the host says
 * afterwards, another version or what the decision made of it, is shown again, so nothing has to be cleaned up, and an
 * undone row comes back.
 */
export function shownRows(total: number, pages: readonly QueuePage[], decided: DecidedItems): ShownRows {
  const rows = new Map<number, QueueRow>();
  const gone: number[] = [];
  for (const page of pages.toSorted((a, b) => a.offset - b.offset)) {
    page.rows.forEach((row, n) => {
      if (isAsDecided(row, decided)) gone.push(page.offset + n);
      else rows.set(page.offset + n, row);
    });
  }
  return {
    total: Math.max(0, total - gone.length),
    rowAt: (index) => rows.get(hostIndex(index, gone)),
    indexOf: (itemId) => {
      for (const [index, row] of rows) {
        if (row.itemId === itemId) return index - gone.filter((other) => other < index).length;
      }
      return -1;
    },
  };
}

/** Whether an item is still as it was when it was decided here. */
export function isAsDecided(item: Pick<QueueRow, 'itemId' | 'version' | 'status'>, decided: DecidedItems): boolean {
  const from = decided.get(item.itemId);
  return from !== undefined && from.status === item.status && (from.version === null || from.version === item.version);
}

/** Where the host has the row that is shown at `index`, when the rows at `gone` (ascending) are left out. */
function hostIndex(index: number, gone: readonly number[]): number {
  let at = index;
  for (const other of gone) {
    if (other > at) break;
    at += 1;
  }
  return at;
}
