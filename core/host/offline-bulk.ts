import { randomUUID } from 'node:crypto';
import type { BulkStart } from '../contract/bulk.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { queueFilter } from '../contract/queue.ts';
import type { OfflineBulkPreview } from '../contract/sync.ts';
import type { NewDecision } from '../sync/ports.ts';
import type { Cache } from '../cache/cache.ts';
import type { Many } from '../cache/many.ts';
import { MOST_ITEMS } from '../review/bulk/start.ts';
import { derivedId } from './derived-id.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import { asked } from './outbox-handlers.ts';

type OfflineBulkMethod = 'sync.bulkPreview' | 'sync.bulk' | 'sync.withdrawBulk';

/** Bulk sessions without a server: each of their decisions is one of the outbox, by itself. */
export function offlineBulk({ opened, mayDecide, ready, now }: HandlerNeeds): Pick<MethodHandlers, OfflineBulkMethod> {
  return {
    'sync.bulkPreview': async (start) => {
      mayDecide();
      const { cache, serverNow } = opened();
      return asked(() => {
        const found = cache.foresee(callsOf(start, choose(cache, start, serverNow()), now()), ready().may);
        freeze(cache, start.sessionId, found);
        return toldOf(found);
      });
    },
    'sync.bulk': async (start) => {
      mayDecide();
      const { cache, sync, toldOutbox } = opened();
      return asked(() => {
        const frozen = frozenOf(cache, start.sessionId);
        const done = cache.decideMany(callsOf(start, frozen.taken, now()), ready().may);
        toldOutbox(done.taken.map(({ id }) => id));
        sync.pushSoon();
        return toldOf({ ...done, skipped: [...done.skipped, ...frozen.skipped] });
      });
    },
    'sync.withdrawBulk': async ({ sessionId }) => {
      const { cache, sync, changed, toldOutbox, toldSync } = opened();
      const by = { newId: randomUUID, note: null, decidedAt: now().toISOString() };
      const { withdrawn, undos } = asked(() => cache.withdrawSession(sessionId, by));
      changed();
      if (undos.length > 0) {
        toldOutbox(undos.map(({ id }) => id));
        sync.pushSoon();
      }
      toldSync();
      return { withdrawn, undos: undos.length };
    },
  };
}

/** An item as it was when it was previewed. */
type Chosen = { readonly itemId: string; readonly version: number };
/** What a preview found, and all that its session may decide: whatever matches or changes afterwards was seen by nobody. */
type Frozen = { readonly sessionId: string; readonly taken: readonly Chosen[]; readonly skipped: Many['skipped'] };

/** Of the last preview: the one that is on the screen. */
const FROZEN = 'bulk';

function freeze(cache: Cache, sessionId: string, { taken, skipped }: Many): void {
  const chosen = taken.map(({ itemId, expectedVersion }) => ({ itemId, version: expectedVersion ?? 0 }));
  cache.remember(FROZEN, JSON.stringify({ sessionId, taken: chosen, skipped } satisfies Frozen));
}

/** Throws a CallFailure where another session was previewed since, or none. */
function frozenOf(cache: Cache, sessionId: string): Frozen {
  const text = cache.recall(FROZEN);
  const frozen = text === null ? null : (JSON.parse(text) as Frozen);
  if (frozen?.sessionId === sessionId) return frozen;
  throw new CallFailure('refused', 'This session was not the last to be previewed here. Preview it again.');
}

function choose(cache: Cache, start: BulkStart, now: Date): Chosen[] {
  return chosenIds(cache, start, now).map((itemId) => ({ itemId, version: cache.headOf(itemId)?.version ?? 0 }));
}

function chosenIds(cache: Cache, { choice: by }: BulkStart, now: Date): readonly string[] {
  switch (by.kind) {
    case 'items':
      return [...new Set(by.itemIds)];
    case 'filter': {
      const found = cache.queueIds(queueFilter.parse(by.filter), MOST_ITEMS + 1, now);
      if (found.length <= MOST_ITEMS) return found;
      throw new CallFailure(
        'refused',
        `More than ${MOST_ITEMS.toLocaleString('en-GB')} items match: choose fewer, by a filter or by score.`,
      );
    }
    case 'ring':
      throw new CallFailure(
        'refused',
        'What hangs together with a case is found by the server, and there is no contact with it. Choose by a filter or by hand.',
      );
  }
}

function callsOf(start: BulkStart, chosen: readonly Chosen[], now: Date): NewDecision[] {
  const { sessionId, decision, reason, note = null } = start;
  return chosen.map(({ itemId, version: expectedVersion }) => {
    const id = derivedId('bulk', sessionId, itemId);
    return { id, itemId, expectedVersion, decision, reason, note, sessionId, decidedAt: now.toISOString() };
  });
}

function toldOf({ taken, skipped, awaitingSecond }: Many): OfflineBulkPreview {
  const whys = new Map<string, number>();
  for (const { why } of skipped) whys.set(why, (whys.get(why) ?? 0) + 1);
  const sum = (of: (one: (typeof taken)[number]) => number): number => taken.reduce((total, one) => total + of(one), 0);
  return {
    items: taken.length + skipped.length,
    willDecide: taken.length,
    awaitingSecond,
    paid: sum(({ paid }) => paid),
    rejected: sum(({ rejected }) => rejected),
    reversed: sum(({ reversed }) => reversed),
    skips: [...whys]
      .map(([why, items]) => ({ why, items }))
      .sort((a, b) => b.items - a.items || (a.why < b.why ? -1 : 1)),
  };
}
