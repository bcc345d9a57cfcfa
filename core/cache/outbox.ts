import type { Resolution } from '../domain/outbox.ts';
import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { decide } from './deciding.ts';
import { CacheRefusal } from './error.ts';
import { known } from './outbox-insert.ts';
import { object, type ObjectCall, redecide, type RedecideCall, resolve, retry } from './settling.ts';
import type { Store } from './store.ts';
import { undo, type UndoCall, withdraw, withdrawSession } from './taking-back.ts';

export type Skipped = { readonly itemId: string; readonly why: string };
/** Each is on disk when it returns, and throws a CacheRefusal with words, and without any effect, where it cannot be done. */
type OutboxSide = {
  /** Decides an item: `queued`. The same call again gives its row as it is by then. */
  decide(call: NewDecision): Outgoing;
  /** Many at once in one transaction; what cannot be decided is told and stops no other. */
  decideMany(calls: readonly NewDecision[]): { taken: Outgoing[]; skipped: Skipped[] };
  /** Takes a decision back: its own row, now `withdrawn`, where no server can have heard of it, otherwise that of a new undo. */
  undo(call: UndoCall): Outgoing;
  /** Decides again what is troubled, which is settled by it: the row of the new decision. It is sent once what stands was taken back. */
  redecide(call: RedecideCall): Outgoing;
  /** Hands what is troubled to a lead: the row of the objection; what it is about is settled by it. */
  object(call: ObjectCall): Outgoing;
  /** Says how a person settled what was troubled. */
  resolve(id: string, resolution: Resolution): Outgoing;
  /** Sends what was rejected again, with the same id. */
  retry(id: string): Outgoing;
  /** Withdraws what was never sent. */
  withdraw(id: string): Outgoing;
  /** Withdraws those of a session that were never sent; returns how many. */
  withdrawSession(sessionId: string): number;
};

export function outboxSide(store: Store, itemOfDecision: (decisionId: string) => string | null): OutboxSide {
  return {
    decide: (call) => store.write(() => decide(store, call)),
    decideMany: (calls) =>
      store.write(() => {
        const taken: Outgoing[] = [];
        const skipped: Skipped[] = [];
        for (const call of calls) {
          try {
            taken.push(decide(store, call));
          } catch (error) {
            if (!(error instanceof CacheRefusal)) throw error;
            skipped.push({ itemId: call.itemId, why: error.message });
          }
        }
        return { taken, skipped };
      }),
    undo: (call) => store.write(() => undo(store, call, itemOfDecision)),
    redecide: (call) => store.write(() => redecide(store, call, itemOfDecision)),
    object: (call) => store.write(() => object(store, call)),
    resolve: (id, resolution) => store.write(() => resolve(store, id, resolution)),
    retry: (id) => store.write(() => retry(store, id)),
    withdraw: (id) => store.write(() => withdraw(store, known(store, id))),
    withdrawSession: (sessionId) => store.write(() => withdrawSession(store, sessionId)),
  };
}
