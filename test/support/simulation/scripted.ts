import type { Answer, Head, PullEnd, Server } from '../../../core/sync/ports.ts';
import { startSync } from '../../../core/sync/start-sync.ts';
import type { Sync, SyncOptions } from '../../../core/sync/sync.ts';
import { keptFacts, NO_NEWS } from '../cache.ts';
import type { Keeper } from './keeper.ts';
import { Random } from '../random.ts';
import { MemoryStore } from './memory-store.ts';
import { Scheduler } from './scheduler.ts';
import { headOf, newItem, stampOf } from './world.ts';

export const ITEM = '00000000-0000-4000-8000-000000000001';
const END: PullEnd = { epoch: 'one', cursor: '100:100:', full: false, ...NO_NEWS };

/** The answer to a decision that had its effect, but for its id. */
export const APPLIED: Omit<Answer, 'id'> = {
  outcome: 'applied',
  message: null,
  status: 'approved',
  version: 2,
  paid: 0,
  rejected: 0,
  reversed: 0,
};

/** The head of an open item. */
export function openHead(id = ITEM): Head {
  return headOf(newItem(id, new Random(1), 50), 'mira', stampOf);
}

export type Scripted = {
  readonly scheduler: Scheduler;
  readonly store: Keeper;
  readonly sync: Sync;
  /** Calls of the server in their order. */
  readonly calls: string[];
  /** What was told, line by line. */
  readonly told: string[];
  /** Puts a decision about the item into the outbox. */
  readonly decide: (id: string) => void;
};

/** A machine on a server that answers as it is told, by default that nothing is new and that everything is applied. */
export function scripted(
  server: Partial<Server> = {},
  { store = new MemoryStore(10), ...options }: Partial<SyncOptions> & { readonly store?: Keeper } = {},
): Scripted {
  const scheduler = new Scheduler();
  const calls: string[] = [];
  const told: string[] = [];
  const all: Server = {
    hello: async () => ({ epoch: 'one', analyst: 'mira', role: 'analyst' }),
    pull: async (since, onPage) => {
      const heads = since === null ? [openHead()] : [];
      await onPage({ heads, gone: [], done: heads.length, total: heads.length });
      return { ...END, full: since === null };
    },
    facts: async (ids) => ids.map((itemId) => keptFacts(itemId, openHead(itemId).stamp, '{}')),
    push: async (operations) => operations.map(({ id }) => ({ id, ...APPLIED })),
    known: async (sent) => sent.map(({ id }) => ({ id, waits: false })),
    reference: async () => ({ json: '{}' }),
    onHint: () => () => undefined,
    ...server,
  };
  const counted = new Proxy(all, {
    get(target, name) {
      if (typeof name === 'string' && name !== 'onHint' && Object.hasOwn(target, name)) calls.push(name);
      return Reflect.get(target, name) as unknown;
    },
  });
  const sync = startSync({
    server: () => counted,
    store,
    clock: () => new Date(Date.UTC(2026, 10, 22, 12) + scheduler.now),
    timers: scheduler,
    random: () => 1,
    onStatus: ({ link, reason }) => told.push(reason === null ? link : `${link}: ${reason}`),
    onOutbox: () => undefined,
    onPulled: () => undefined,
    onAccountLost: (message) => told.push(`lost: ${message}`),
    log: (line) => told.push(`log: ${line.split('\n')[0]}`),
    ...options,
  });
  const decide = (id: string): void =>
    store.decide({
      id,
      itemId: ITEM,
      expectedVersion: 1,
      decision: 'approve',
      reason: 'household',
      note: null,
      sessionId: null,
      decidedAt: '2026-11-22T12:00:00.000Z',
    });
  return { scheduler, store, sync, calls, told, decide };
}
