import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { CacheRefusal } from './error.ts';
import { headRow, type HeadRow, priorityOf, signalsOf } from './head-row.ts';
import { aboutHead, expected, insert, refuseUndeliveredButUndone, reused, unknownItem } from './outbox-insert.ts';
import { outgoingOf, storedOperation } from './outbox-row.ts';
import type { Store } from './store.ts';

/** The row of a decision that was made before; undefined where it is new. As on the server, the version is no part of what a decision says. */
export function madeBefore(store: Store, call: NewDecision): Outgoing | undefined {
  const before = storedOperation(store, call.id);
  if (before === undefined) return undefined;
  const same =
    before.kind === 'decide' &&
    before.item_id === call.itemId &&
    before.decision === call.decision &&
    before.reason === call.reason &&
    before.note === call.note;
  if (!same) throw reused(call.id);
  return outgoingOf(before);
}

/** `settles`: the troubled operation that is settled by it. */
export function decide(store: Store, call: NewDecision, settles: string | null = null): Outgoing {
  const before = madeBefore(store, call);
  if (before !== undefined) return before;
  const head = headRow(store, call.itemId);
  if (head === undefined) throw unknownItem();
  refuseUndeliveredButUndone(store, call.itemId);
  if (head.shown !== 'pending' && head.shown !== 'escalated') {
    throw new CacheRefusal(
      'not_open',
      head.shown === 'gone' ? 'This case is gone.' : `This case is ${head.shown} already.`,
    );
  }
  return queueDecision(store, call, head, settles);
}

export function queueDecision(store: Store, call: NewDecision, head: HeadRow, settles: string | null): Outgoing {
  return insert(store, {
    ...call,
    settles,
    kind: 'decide',
    undoes: null,
    about: aboutHead(head),
    seen: JSON.stringify({
      version: head.version,
      score: head.score,
      priority: priorityOf(head.priority),
      ruleSetVersion: head.rule_set_version,
      signals: signalsOf(head.signals),
    } satisfies Outgoing['seen']),
    moves: expected(head, call.decision),
    statusBefore: head.shown === 'escalated' ? 'escalated' : 'pending',
  });
}
