import type { ConflictView } from '../contract/sync.ts';
import { conflictViewOf } from './conflicts.ts';
import type { HandlerNeeds } from './handlers.ts';

/** Theirs, mine and what changed, for a row of the outbox, with the evidence of now where there is contact; null where there is no such row. */
export async function conflictOf({ opened, openCase, ready }: HandlerNeeds, id: string): Promise<ConflictView | null> {
  const station = opened();
  const { cache } = station;
  const before = cache.outgoing(id);
  if (before === null) return null;
  const opens = await openCase(station, before.itemId);
  const outgoing = cache.outgoing(id) ?? before;
  return conflictViewOf({
    outgoing,
    row: cache.rowOf(outgoing),
    head: cache.headOf(outgoing.itemId),
    file: opens?.state === 'whole' ? opens.file : null,
    reader: ready(),
  });
}
