import type { QueuePage, QueueRow } from '../../../core/contract/queue.ts';

/** Items decided in this window: id and the version that was decided. */
export type DecidedVersions = ReadonlyMap<string, number>;

export type ShownRows = {
  readonly total: number;
  readonly rowAt: (index: number) => QueueRow | undefined;
  /** -1 where the item is not among the loaded rows. */
  readonly indexOf: (itemId: string) => number;
};

/**
 * The rows of the loaded pages without those decided here. A row is left out only in the version that was decided: what
 * the host says afterwards is shown again, so nothing has to be cleaned up, and an undone row comes back.
 */
export function shownRows(total: number, pages: readonly QueuePage[], decided: DecidedVersions): ShownRows {
  const rows = new Map<number, QueueRow>();
  const gone: number[] = [];
  for (const page of pages.toSorted((a, b) => a.offset - b.offset)) {
    page.rows.forEach((row, n) => {
      if (decided.get(row.itemId) === row.version) gone.push(page.offset + n);
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

/** Where the host has the row that is shown at `index`, when the rows at `gone` (ascending) are left out. */
function hostIndex(index: number, gone: readonly number[]): number {
  let at = index;
  for (const other of gone) {
    if (other > at) break;
    at += 1;
  }
  return at;
}
