import type { DecisionOutcome } from '../domain/decision.ts';
import type { OutboxState } from '../domain/outbox.ts';
import type { Answer, SyncStore } from '../sync/ports.ts';
import { operationOf, storedOperation, type StoredOperation } from './outbox-row.ts';
import { patchHead } from './put-head.ts';
import { IS_UNDELIVERED } from './outbox-sql.ts';
import type { Store } from './store.ts';
import { unsettle } from './taking-back.ts';

type SendSide = Pick<SyncStore, 'recover' | 'takeToSend' | 'putAnswers' | 'putBack' | 'awaiting'>;

const STATE_AFTER: { readonly [Outcome in DecisionOutcome]: OutboxState } = {
  applied: 'applied',
  agreed: 'agreed',
  awaiting_second: 'awaiting_second',
  conflict: 'conflict',
  returned: 'returned',
  not_allowed: 'rejected',
  unknown: 'rejected',
};

/** The version of an operation's item here; one that is gone has changed too. */
const VERSION_HERE = 'coalesce((SELECT i.version + i.is_gone FROM items AS i WHERE i.item_id = o.item_id), 0)';
const STAMP_HERE = `coalesce((SELECT i.stamp FROM items AS i WHERE i.item_id = o.item_id), '')`;

/** The push side: what is sent, and what the server made of it. */
export function sendSide(store: Store): SendSide {
  return {
    recover: () =>
      store.write(() => void store.run(`UPDATE outbox SET state = 'queued', in_doubt = 1 WHERE state = 'sending'`)),
    takeToSend: (most) =>
      store.write(() => {
        const taken = store.all<StoredOperation>(
          `SELECT * FROM outbox AS o WHERE o.state = 'queued'
             AND NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.item_id = o.item_id AND p.seq < o.seq AND p.state = 'queued')
             AND NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.item_id = o.item_id AND p.state = 'sending')
             AND (o.undoes IS NULL OR NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.id = o.undoes AND p.${IS_UNDELIVERED}))
           ORDER BY o.seq LIMIT ?`,
          most,
        );
        for (const { id } of taken) {
          store.run(`UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?`, id);
        }
        return taken.map(operationOf);
      }),
    putAnswers(answers) {
      const changed = store.write(() => answers.flatMap((answer) => putAnswer(store, answer)));
      // The evidence of what is troubled is wanted now, whether its item is open or not.
      store.touchItems();
      return changed;
    },
    putBack: (ids, message, isWithoutEffect = false) =>
      store.write(() => {
        for (const id of ids) {
          store.run(
            `UPDATE outbox SET state = 'queued', message = ?, in_doubt = max(in_doubt, ?) WHERE id = ? AND state = 'sending'`,
            message,
            isWithoutEffect ? 0 : 1,
            id,
          );
        }
      }),
    awaiting: (most) =>
      store.write(() => {
        const waiting = store.all<StoredOperation>(
          `SELECT * FROM outbox AS o WHERE o.state = 'awaiting_second' AND o.kind = 'decide'
             AND (o.asked_version IS NULL OR o.asked_version < ${VERSION_HERE} OR o.asked_stamp <> ${STAMP_HERE})
           ORDER BY o.seq LIMIT ?`,
          most,
        );
        for (const { id } of waiting) {
          store.run(
            `UPDATE outbox AS o SET asking_version = ${VERSION_HERE}, asking_stamp = ${STAMP_HERE} WHERE id = ?`,
            id,
          );
        }
        return waiting.map(operationOf);
      }),
  };
}

/** Returns what is in another state by it, or told of in other words. */
function putAnswer(store: Store, answer: Answer): string[] {
  const row = storedOperation(store, answer.id);
  if (row === undefined || (row.state !== 'sending' && row.state !== 'awaiting_second')) return [];
  const state = STATE_AFTER[answer.outcome];
  // Refused now without a word of how its item stands, it may have been done by what was sent before.
  const wasSentBefore = row.state === 'awaiting_second' ? row.attempts > 1 : row.in_doubt === 1;
  const isInDoubt = answer.outcome === 'not_allowed' && answer.status === null && wasSentBefore;
  const pull = Number(store.state('pull') ?? '0');
  store.run(
    `UPDATE outbox AS o SET state = ?, message = ?, in_doubt = ?, paid = ?, rejected = ?, reversed = ?,
       answered_status = ?, answered_version = ?, answered_in = ?,
       asked_version = max(coalesce(?, ${VERSION_HERE}), coalesce(asking_version, 0)),
       asked_stamp = coalesce(asking_stamp, ${STAMP_HERE})
     WHERE id = ?`,
    state,
    answer.message,
    isInDoubt ? 1 : 0,
    answer.paid,
    answer.rejected,
    answer.reversed,
    answer.status,
    answer.version,
    pull,
    answer.version,
    answer.id,
  );
  if (answer.status !== null && answer.version !== null) {
    patchHead(store, row.item_id, answer.status, answer.version);
  }
  const changed = state === row.state && answer.message === row.message ? [] : [row.id];
  if (row.kind === 'decide' && !isInDoubt && (state === 'conflict' || state === 'returned' || state === 'rejected')) {
    changed.push(...withdrawUndos(store, row.id));
  }
  const settled = row.settles === null ? undefined : storedOperation(store, row.settles);
  if (row.kind === 'object' && settled !== undefined && !isInDoubt && state === 'rejected') {
    // No lead has it: what it was to settle is to be settled again, and there is nothing to do about this one. Where that is not here any
    // more, the refusal itself is what a person has to look at.
    unsettle(store, settled.id);
    store.run(`UPDATE outbox SET resolution = 'kept' WHERE id = ?`, row.id);
  }
  if (row.kind === 'undo' && (state === 'applied' || state === 'agreed') && row.undoes !== null) {
    // What waited for a second analyst had no effect yet: taken back, here or before, it waits no more, which it may have been told.
    const undone = store.run(
      `UPDATE outbox SET state = 'withdrawn' WHERE id = ? AND state IN ('awaiting_second', 'returned')`,
      row.undoes,
    );
    if (undone > 0) changed.push(row.undoes);
  }
  return changed;
}

/**
 * A decision without effect leaves nothing to take back; an undo that was sent once may be why it has none, and is asked for. Returns those
 * that are withdrawn by it.
 */
export function withdrawUndos(store: Store, decisionId: string): string[] {
  const withdrawn = store.all<{ id: string }>(
    `UPDATE outbox SET state = 'withdrawn', message = 'The decision had no effect, so there is nothing to take back.'
     WHERE undoes = ? AND state = 'queued' AND NOT in_doubt RETURNING id`,
    decisionId,
  );
  return withdrawn.map(({ id }) => id);
}
