import type { Queryable } from '../../postgres/rows.ts';
import { isUndone, messageOf, readBulkItems, type StoredBulkItem } from './read.ts';

const PAGE = 2000;

const COLUMNS: readonly { readonly title: string; readonly of: (item: StoredBulkItem) => string | number | null }[] = [
  { title: 'position', of: (item) => item.position + 1 },
  { title: 'item', of: (item) => item.item_id },
  { title: 'decision', of: (item) => item.decision },
  { title: 'reason', of: (item) => item.reason },
  { title: 'note', of: (item) => item.note },
  { title: 'outcome', of: (item) => item.outcome ?? 'waiting' },
  { title: 'message', of: messageOf },
  { title: 'paid', of: (item) => item.paid },
  { title: 'rejected', of: (item) => item.rejected },
  { title: 'taken_back', of: (item) => item.reversed },
  { title: 'undone', of: (item) => (isUndone(item) ? 'yes' : 'no') },
  { title: 'decision_id', of: (item) => item.decision_id },
];

/** One line an item under one of titles, as CSV (RFC 4180). */
export async function bulkReport(db: Queryable, sessionId: string): Promise<string> {
  const lines = [line(COLUMNS.map(({ title }) => title))];
  for (let offset = 0; ; offset += PAGE) {
    const page = await readBulkItems(db, sessionId, offset, PAGE);
    for (const item of page) lines.push(line(COLUMNS.map(({ of }) => of(item))));
    if (page.length < PAGE) return lines.join('');
  }
}

function line(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

// A spreadsheet takes a text that begins so for a formula, and runs it.
const FORMULA = /^[=+\-@\t\r]/;

/** A cell; a number stays one, whatever its sign. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
