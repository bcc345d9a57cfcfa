import type { NewDecision, Outgoing } from '../sync/ports.ts';
import { CacheRefusal } from './error.ts';
import { headRow, type HeadRow, priorityNumber } from './head-row.ts';
import { aboutHead, expected, insert, refuseUndeliveredButUndone, reused, unknownItem } from './outbox-insert.ts';
import { outgoingOf, storedOperation } from './outbox-row.ts';
import { seenOf } from './seen.ts';
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
  const seen = seenOf(store, head, call.expectedVersion);
  return insert(store, {
    ...call,
    settles,
    kind: 'decide',
    undoes: null,
    // Told of as it was looked at.
    about: {
      ...aboutHead(head),
      ...(seen === null ? {} : { score: seen.score, priority: priorityNumber(seen.priority) }),
    },
    seen: seen === null ? null : JSON.stringify(seen),
    moves: expected(head, call.decision),
    statusBefore: head.shown === 'escalated' ? 'escalated' : 'pending',
  });
}
