import type { QUEUE_ORDERS } from '../contract/queue.ts';

type QueueOrder = (typeof QUEUE_ORDERS)[number];

/** When an item should be decided: seven days after qualification, otherwise after its creation (SPEC 4). */
export const DUE_AT = `coalesce(r.qualified_at, q.created_at) + interval '7 days'`;

/** Whether a bonus `b` is what a decision is about: unpaid, or paid so recently that rejecting takes it back. */
export function atStake(now: string): string {
  return `(b.status IN ('pending', 'held') OR (b.status = 'paid' AND b.released_at > ${now}::timestamptz - interval '7 days'
    AND (SELECT w.mode FROM umpire.workspace AS w) = 'programme'))`;
}

/** Every order ends with the item's id, so that no two items can change places between two pages. */
export const ORDER_BY: { readonly [Order in QueueOrder]: string } = {
  priority: `q.priority DESC, q.fraud_score DESC, ${DUE_AT}, q.id`,
  score: `q.fraud_score DESC, ${DUE_AT}, q.id`,
  due: `${DUE_AT}, q.fraud_score DESC, q.id`,
  stake: `stake.credits DESC NULLS LAST, q.priority DESC, q.fraud_score DESC, q.id`,
  newest: `q.created_at DESC, q.id`,
};
