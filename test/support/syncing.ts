import { randomUUID } from 'node:crypto';
import type { Cache } from '../../core/cache/cache.ts';
import type { Decision } from '../../core/domain/decision.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { startSync } from '../../core/sync/start-sync.ts';
import type { Sync, SyncOptions } from '../../core/sync/sync.ts';

/** Keeps a cache and the server of this login together until it is stopped. */
export function syncing(pool: Pool, cache: Cache, told: Partial<Pick<SyncOptions, 'onStatus'>> = {}): Sync {
  const server = serverOf(pool);
  return startSync({
    server: () => server,
    store: cache,
    clock: () => new Date(),
    onStatus: () => {},
    onOutbox: () => {},
    onPulled: () => {},
    onAccountLost: () => {},
    log: () => {},
    ...told,
  });
}

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;

/** Decides a case on what the cache has of it, by a clock that is years off. Returns the id of the decision. */
export function decideHere(cache: Cache, itemId: string, decision: Decision): string {
  const id = randomUUID();
  cache.decide({
    id,
    itemId,
    expectedVersion: cache.headOf(itemId)?.version ?? 0,
    decision,
    reason: REASONS[decision],
    note: null,
    sessionId: null,
    decidedAt: '2001-01-01T00:00:00.000Z',
  });
  return id;
}
