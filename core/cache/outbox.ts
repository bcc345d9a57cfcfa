import type { Resolution } from '../domain/outbox.ts';
import type { NewDecision, Outgoing } from '../sync/ports.ts';
import type { ItemOfDecision } from './facts.ts';
import { decide } from './deciding.ts';
import { type Decider, decideMany, foresee, type Many } from './many.ts';
import { known } from './outbox-insert.ts';
import {
  type Alike,
  keepAll,
  object,
  objectAll,
  type ObjectCall,
  type ObjectEach,
  redecide,
  type RedecideCall,
  resolve,
  retry,
} from './settling.ts';
import type { Store } from './store.ts';
import { undo, type UndoCall, type UndoEach, withdraw, type WithdrawnSession, withdrawSession } from './taking-back.ts';

/** Each is on disk when it returns, and throws a CacheRefusal with words, and without any effect, where it cannot be done. */
export type OutboxSide = {
  /** Decides an item: `queued`. The same call again gives its row as it is by then. */
  decide(call: NewDecision): Outgoing;
  /** Many at once in one transaction; what cannot be decided, or is of another version than expected, is told and stops no other. */
  decideMany(calls: readonly NewDecision[], by: Decider): Many;
  /** What `decideMany` would do with these. Nothing is written. */
  foresee(calls: readonly NewDecision[], by: Decider): Many;
  /** Takes a decision back: its own row, now `withdrawn`, where no server can have heard of it, otherwise that of a new undo. */
  undo(call: UndoCall): Outgoing;
  /** Decides again what is troubled, which is settled by it: the row of the new decision. It is sent once what stands was taken back. */
  redecide(call: RedecideCall): Outgoing;
  /** Hands what is troubled to a lead: the row of the objection; what it is about is settled by it. */
  object(call: ObjectCall): Outgoing;
  /** The same for all that came back of a session as one operation did: what is settled by it, and the objections. */
  objectAll(calls: ObjectEach): Outgoing[];
  /** Leaves all of these as they are. */
  keepAll(call: Alike): Outgoing[];
  /** Says how a person settled what was troubled. */
  resolve(id: string, resolution: Resolution): Outgoing;
  /** Sends what was rejected again, with the same id. */
  retry(id: string): Outgoing;
  /** Withdraws what was never sent. */
  withdraw(id: string): Outgoing;
  /** Takes all of a session back: what was never sent is withdrawn, what was gets an undo each. */
  withdrawSession(sessionId: string, by: UndoEach): WithdrawnSession;
};

export function outboxSide(store: Store, itemOfDecision: ItemOfDecision): OutboxSide {
  return {
    decide: (call) => store.write(() => decide(store, call)),
    decideMany: (calls, by) => store.write(() => decideMany(store, calls, by)),
    foresee: (calls, by) => foresee(store, calls, by),
    undo: (call) => store.write(() => undo(store, call, itemOfDecision)),
    redecide: (call) => store.write(() => redecide(store, call, itemOfDecision)),
    object: (call) => store.write(() => object(store, call)),
    objectAll: (calls) => store.write(() => objectAll(store, calls)),
    keepAll: (call) => store.write(() => keepAll(store, call)),
    resolve: (id, resolution) => store.write(() => resolve(store, id, resolution)),
    retry: (id) => store.write(() => retry(store, id)),
    withdraw: (id) => store.write(() => withdraw(store, known(store, id))),
    withdrawSession: (sessionId, by) => store.write(() => withdrawSession(store, sessionId, by)),
  };
}
