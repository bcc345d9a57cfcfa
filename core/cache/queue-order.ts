import type { QueueFilter } from '../contract/queue.ts';

type Order = {
  /** What it orders by, but for the item's id: all that its index has beside the status. */
  readonly columns: readonly string[];
  readonly by: string;
};

/** As `core/review/queue-order.ts` has them: the most urgent first, and the item's id last, so that each is total. */
export const ORDERS: { readonly [Name in QueueFilter['order']]: Order } = {
  priority: { columns: ['priority', 'score', 'due'], by: 'priority DESC, score DESC, due, item_id' },
  score: { columns: ['score', 'due'], by: 'score DESC, due, item_id' },
  due: { columns: ['due', 'score'], by: 'due, score DESC, item_id' },
  stake: { columns: ['stake', 'priority', 'score'], by: 'stake DESC, priority DESC, score DESC, item_id' },
  newest: { columns: ['created'], by: 'created DESC, item_id' },
};

/** Open items in the order in which they are to be worked on; its first `?` is how many. */
export const OPEN_IN_ORDER = ['pending', 'escalated']
  .map((status) => `SELECT item_id, stamp, priority, score, due FROM items WHERE shown = '${status}'`)
  .join(' UNION ALL ')
  .concat(` ORDER BY ${ORDERS.priority.by} LIMIT ?`);
