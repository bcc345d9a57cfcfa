import type { BulkSession } from '../../contract/bulk.ts';
import { counted } from '../../domain/counted.ts';
import type { BulkItemResult, BulkResult } from '../commands/bulk.ts';
import { type Column, minute, printable, table } from './table.ts';

const SESSIONS: readonly Column<BulkSession>[] = [
  { title: 'SESSION', text: (session) => session.sessionId },
  { title: 'STATE', text: (session) => session.state },
  { title: 'BY', text: (session) => printable(session.startedBy) },
  { title: 'AT (UTC)', text: (session) => minute(session.createdAt) },
  { title: 'DONE', right: true, text: ({ settled, items }) => `${settled}/${items}` },
  { title: 'DECISION', text: ({ decision, reason }) => (decision === null ? '-' : `${decision} ${reason ?? ''}`) },
  { title: 'CHOSEN BY', text: (session) => printable(session.chosenBy) },
];

export function printBulkList({ sessions }: { readonly sessions: readonly BulkSession[] }): string {
  return sessions.length === 0 ? 'No bulk sessions.' : table(SESSIONS, sessions);
}

const TROUBLE: readonly Column<BulkItemResult>[] = [
  { title: 'LINE', right: true, text: (item) => String(item.line) },
  { title: 'ITEM', text: (item) => item.itemId },
  { title: 'OUTCOME', text: (item) => item.outcome ?? 'waiting' },
  { title: 'WHY', text: (item) => printable(item.message ?? '') },
];

/** What became of the items: counts, and a line for each that there is something to say of. */
export function printBulkResult({ session, results, counts, rejected, rejectedFile }: BulkResult): string {
  const lines: string[] = [];
  if (session !== null) {
    const outcomes = Object.entries(counts).map(([outcome, items]) => `${items} ${outcome}`);
    const isUndone = session.state === 'undone' || session.state === 'undoing';
    lines.push(
      `Session ${session.sessionId} ${session.state}: ${outcomes.join(', ')}.`,
      // The credits are those that the run moved.
      isUndone
        ? `${counted(session.settled, 'item')} taken back.`
        : `${counted(session.paid, 'credit')} paid, ${session.rejected.toLocaleString('en-GB')} rejected, ${session.reversed.toLocaleString('en-GB')} taken back.`,
    );
  }
  const told = results.filter((item) => item.message !== null);
  if (told.length > 0) lines.push(table(TROUBLE, told));
  if (rejected > 0)
    lines.push(`${counted(rejected, 'line')} rejected${rejectedFile === null ? '' : `: ${rejectedFile}`}.`);
  return lines.length === 0 ? 'Nothing to decide.' : lines.join('\n');
}
