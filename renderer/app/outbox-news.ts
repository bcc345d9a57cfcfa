import type { OutboxRow } from '../../core/contract/sync.ts';

/** As many as can be told between a call and its answer. */
const REMEMBERED = 1_000;

const told = new Map<string, OutboxRow>();
const listeners = new Set<(rows: readonly OutboxRow[]) => void>();

/** Passes on what became of rows of the outbox. */
export function tellOutbox(rows: readonly OutboxRow[]): void {
  for (const row of rows) {
    told.delete(row.id);
    told.set(row.id, row);
  }
  for (const id of told.keys()) {
    if (told.size <= REMEMBERED) break;
    told.delete(id);
  }
  for (const listener of listeners) listener(rows);
}

/** Calls with each news; returns how to stop. */
export function onOutbox(listener: (rows: readonly OutboxRow[]) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The row of a call that has just made it, as it is by now: calls and notices come by different ways, so that what became
 * of it may be told before the call is answered.
 */
export function newestOf(made: OutboxRow): OutboxRow {
  return told.get(made.id) ?? made;
}
