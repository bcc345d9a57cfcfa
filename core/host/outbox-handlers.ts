import { CacheError, CacheRefusal } from '../cache/error.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import type { Outgoing } from '../sync/ports.ts';
import { asksOf, noteOf } from './asking-lead.ts';
import { derivedId } from './derived-id.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import type { Station } from './station.ts';
import { conflictOf, shownHead } from './conflict-of.ts';
import { isTakenBackFirst } from './conflicts.ts';

type OutboxMethod =
  | 'case.decide'
  | 'case.undo'
  | 'sync.outbox'
  | 'sync.retry'
  | 'sync.withdraw'
  | 'sync.conflict'
  | 'sync.resolve';

/** What people decide, and what became of it: durable in the outbox before it is answered. */
export function outboxHandlers(needs: HandlerNeeds): Pick<MethodHandlers, OutboxMethod> {
  const { opened, mayDecide, ready, now } = needs;

  /** Does it in the cache, sends what there is to send, and tells the window. */
  function done(work: (station: Station) => readonly Outgoing[]): ReturnType<MethodHandlers['case.decide']> {
    const station = opened();
    const [first, ...others] = asked(() => work(station));
    if (first === undefined) throw new Error('nothing was done');
    station.sync.pushSoon();
    station.toldOutbox([first, ...others].map(({ id }) => id));
    return Promise.resolve(station.cache.rowOf(first));
  }

  return {
    'case.decide': async ({ decisionId, note = null, ...request }) => {
      mayDecide();
      return done(({ cache }) => {
        // The same call again has its row, whatever is known of the item by now.
        const isNew = cache.outgoing(decisionId) === null;
        const isEscalated = shownHead(cache, request.itemId)?.status === 'escalated';
        if (isNew && isEscalated && !ready().may.lead) throw new CallFailure('refused', WITH_LEAD);
        return [cache.decide({ ...request, id: decisionId, note, sessionId: null, decidedAt: now().toISOString() })];
      });
    },
    'case.undo': async ({ undoId, decisionId, note = null }) => {
      mayDecide();
      return done(({ cache }) => [cache.undo({ id: undoId, decisionId, note, decidedAt: now().toISOString() })]);
    },
    'sync.outbox': async (request) => opened().cache.outbox(request),
    'sync.retry': async ({ id }) => done(({ cache }) => [cache.retry(id)]),
    'sync.withdraw': async ({ id }) => done(({ cache }) => [cache.withdraw(id)]),
    'sync.conflict': async ({ id }) => conflictOf(needs, id),
    'sync.resolve': async (request) => {
      const { id } = request;
      const decidedAt = now().toISOString();
      switch (request.how) {
        case 'kept':
          return done(({ cache }) => [cache.resolve(id, 'kept')]);
        case 'all_kept':
          return done(({ cache }) => firstOf(id, cache.keepAll({ troubledId: id, count: request.count })));
        case 'handed_to_lead':
          return done(({ cache }) => {
            const troubled = cache.outgoing(id);
            const made = cache.object({
              id: request.objectionId,
              troubledId: id,
              asks: asksOf(cache),
              note: troubled === null ? null : noteOf(troubled, request.note ?? null),
              decidedAt,
            });
            return [...listOf(cache.outgoing(id)), made];
          });
        case 'all_handed_to_lead':
          return done(({ cache }) => {
            const asks = asksOf(cache);
            const handed = cache.objectAll({
              troubledId: id,
              count: request.count,
              decidedAt,
              of: (troubled) => ({
                id: derivedId('object', request.objectionId, troubled.id),
                asks,
                note: noteOf(troubled, request.note ?? null),
              }),
            });
            return firstOf(id, handed);
          });
        case 'redecided': {
          mayDecide();
          const view = await conflictOf(needs, id);
          if (view === null) throw new CallFailure('refused', 'There is no such row in the outbox.');
          const isAgain = view.row.resolution === 'redecided' && opened().cache.outgoing(request.decisionId) !== null;
          if (isAgain) return view.row;
          if (view.why !== null || view.now === null) throw new CallFailure('refused', view.why ?? 'The item is gone.');
          const { theirs, row } = view;
          const { version, status } = view.now;
          // What is on a screen follows what is known here, and takes its time.
          const standing = theirs?.decisionId ?? null;
          if (version !== request.version || standing !== request.standing) throw new CallFailure('refused', CHANGED);
          const { decisionId, decision, reason, note = null } = request;
          // What is closed is opened again before it is decided: two operations on one item, in their order.
          const undoId = derivedId('undo', decisionId);
          return done(({ cache }) => {
            const redone = cache.redecide({
              troubledId: id,
              undo:
                theirs !== null && isTakenBackFirst(status, ready().may.lead, theirs.mine !== null)
                  ? {
                      id: undoId,
                      decisionId: theirs.decisionId,
                      itemId: row.itemId,
                      note,
                      decidedAt,
                    }
                  : null,
              decision: {
                id: decisionId,
                itemId: row.itemId,
                expectedVersion: version,
                decision,
                reason,
                note,
                sessionId: null,
                decidedAt,
              },
            });
            return [...listOf(cache.outgoing(id)), ...listOf(cache.outgoing(undoId)), redone];
          });
        }
      }
    },
  };
}

const CHANGED = 'This has changed: look again.';
const WITH_LEAD = 'This case is with a lead, who decides it now.';

/** That one first, which is what is answered. */
const firstOf = (id: string, all: readonly Outgoing[]): readonly Outgoing[] =>
  all.toSorted((a, b) => Number(b.id === id) - Number(a.id === id));

const listOf = (outgoing: Outgoing | null): readonly Outgoing[] => (outgoing === null ? [] : [outgoing]);

/** What the cache does not do is told in its words; a disk that fails is worth another try when it is mended. */
export function asked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof CacheRefusal) throw new CallFailure('refused', error.message);
    if (error instanceof CacheError) throw new CallFailure('not_saved', error.message);
    throw error;
  }
}
