import type { QueueItem } from '../commands/queue.ts';
import { type Column, minute, printable, table } from './table.ts';

const COLUMNS: readonly Column<QueueItem>[] = [
  { title: 'ITEM', text: (row) => row.itemId },
  { title: 'PRIORITY', text: (row) => row.priority },
  { title: 'SCORE', right: true, text: (row) => String(row.score) },
  { title: 'STATUS', text: (row) => row.status },
  { title: 'DUE (UTC)', text: (row) => minute(row.dueAt) },
  { title: 'STAKE', right: true, text: (row) => String(row.stake) },
  { title: 'REFERRER', text: (row) => printable(row.referrerName) },
  { title: 'REFEREE', text: (row) => printable(row.refereeName) },
  { title: 'WHY NEXT', text: (row) => row.why },
  { title: 'SIGNALS', text: (row) => row.signals.join(' ') },
];

/** The items as an aligned table, one a line. */
export function printQueue(rows: readonly QueueItem[]): string {
  return rows.length === 0 ? 'No items.' : table(COLUMNS, rows);
}
