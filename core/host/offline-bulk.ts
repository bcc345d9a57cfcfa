import { randomUUID } from 'node:crypto';
import type { BulkStart } from '../contract/bulk.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { queueFilter } from '../contract/queue.ts';
import type { OfflineBulkPreview } from '../contract/sync.ts';
import type { NewDecision } from '../sync/ports.ts';
import type { Cache } from '../cache/cache.ts';
import { MOST_ITEMS } from '../review/bulk/start.ts';
import { derivedId } from './derived-id.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import { asked } from './outbox-handlers.ts';

type OfflineBulkMethod = 'sync.bulkPreview' | 'sync.bulk' | 'sync.withdrawBulk';

/** Bulk sessions without a server: each of their decisions is one of the outbox, by itself. */
export function offlineBulk({ opened, mayDecide, now }: HandlerNeeds): Pick<MethodHandlers, OfflineBulkMethod> {
  return {
    'sync.bulkPreview': async (start) => {
      mayDecide();
      const { cache } = opened();
      return asked(() => toldOf(cache.foresee(callsOf(cache, start, choose(cache, start, now()), now()))));
    },
    'sync.bulk': async (start) => {
      mayDecide();
      const { cache, sync, toldOutbox } = opened();
      return asked(() => {
        const calls = callsOf(cache, start, choice(cache, start, now()), now());
        const done = cache.decideMany(calls);
        toldOutbox(done.taken.map(({ id }) => id));
        sync.pushSoon();
        return toldOf(done);
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

/**
 * The items of a session, chosen once: they are remembered before the first is decided, so that the same call after a crash is
 * the same session, whatever matches by then.
 */
function choice(cache: Cache, start: BulkStart, now: Date): readonly string[] {
  const name = `bulk ${start.sessionId}`;
  const known = cache.recall(name);
  if (known !== null) return JSON.parse(known) as readonly string[];
  const itemIds = choose(cache, start, now);
  cache.remember(name, JSON.stringify(itemIds));
  return itemIds;
}

function choose(cache: Cache, { choice: by }: BulkStart, now: Date): readonly string[] {
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

function callsOf(cache: Cache, start: BulkStart, itemIds: readonly string[], now: Date): NewDecision[] {
  const { sessionId, decision, reason, note = null } = start;
  return itemIds.map((itemId) => {
    const id = derivedId('bulk', sessionId, itemId);
    // The same call again means what it meant: the version that was looked at then.
    const expectedVersion = cache.outgoing(id)?.expectedVersion ?? cache.headOf(itemId)?.version ?? 0;
    return { id, itemId, expectedVersion, decision, reason, note, sessionId, decidedAt: now.toISOString() };
  });
}

function toldOf({ taken, skipped }: ReturnType<Cache['decideMany']>): OfflineBulkPreview {
  const whys = new Map<string, number>();
  for (const { why } of skipped) whys.set(why, (whys.get(why) ?? 0) + 1);
  const sum = (of: (one: (typeof taken)[number]) => number): number => taken.reduce((total, one) => total + of(one), 0);
  return {
    items: taken.length + skipped.length,
    willDecide: taken.length,
    paid: sum(({ paid }) => paid),
    rejected: sum(({ rejected }) => rejected),
    reversed: sum(({ reversed }) => reversed),
    skips: [...whys]
      .map(([why, items]) => ({ why, items }))
      .sort((a, b) => b.items - a.items || (a.why < b.why ? -1 : 1)),
  };
}
