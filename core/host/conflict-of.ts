import type { Cache } from '../cache/cache.ts';
import type { ConflictView } from '../contract/sync.ts';
import type { Head } from '../sync/ports.ts';
import { asksOf } from './asking-lead.ts';
import { openCase } from './cases.ts';
import { conflictViewOf } from './conflicts.ts';
import type { HandlerNeeds } from './handlers.ts';

/** Theirs, mine and what changed, for a row of the outbox, with the evidence of now where there is contact; null where there is no such row. */
export async function conflictOf({ opened, ready }: HandlerNeeds, id: string): Promise<ConflictView | null> {
  const station = opened();
  const { cache } = station;
  const before = cache.outgoing(id);
  if (before === null) return null;
  const opens = await openCase(station, before.itemId);
  const outgoing = cache.outgoing(id) ?? before;
  return conflictViewOf({
    outgoing,
    row: cache.rowOf(outgoing),
    head: shownHead(cache, outgoing.itemId),
    isBehind: cache.caseOf(outgoing.itemId)?.isBehind ?? false,
    file: opens?.state === 'whole' ? opens.file : null,
    reader: ready(),
    isMadeHere: (decisionId) => cache.outgoing(decisionId) !== null,
    isUndoRefused: (decisionId) => cache.isUndoRefused(decisionId),
    isAsked: cache.isAsked(outgoing.id),
    isAskable: outgoing.decision !== null || asksOf(cache) !== null,
    alike: cache.alike(outgoing.id),
  });
}

/** As it is shown: what was taken back here is open again, whenever that is sent. Null where the item is gone. */
export function shownHead(cache: Cache, itemId: string): Head | null {
  const kept = cache.caseOf(itemId);
  if (kept === null || kept.isGone) return null;
  return kept.overlay?.kind === 'undo' ? { ...kept.head, status: kept.overlay.status } : kept.head;
}
