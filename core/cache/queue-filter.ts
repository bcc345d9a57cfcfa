import type { QueueFilter } from '../contract/queue.ts';
import { REVIEW_STATUSES } from '../domain/vocabulary.ts';
import { priorityNumber, signalText } from './head-row.ts';
import { ORDERS } from './queue-order.ts';

/** A filter as SQL over `items`, beside its statuses; `values` are those of its `?`, in order. */
export type FilterSql = {
  readonly statuses: readonly string[];
  readonly conditions: readonly string[];
  readonly values: readonly (string | number)[];
  /** It reads columns that the index of its order has not: one look at every row is cheaper than one at each through an index. */
  readonly scans: boolean;
  /** Answers depend on the time: nothing that was counted may be kept. */
  readonly passes: boolean;
};

/** As on the server (`core/review/queue-filter.ts`). */
const SHORTEST_ID = 6;
const HEAD_OF_UUID = /^[0-9a-f]{6,8}(?:-[0-9a-f-]{0,28})?$/i;

/**
 * An empty list filters nothing; several values of one list are alternatives, but an item has all of `signals`. A search looks at
 * short names, codes and ids; `found` are people that a server's search found besides, by what is not kept here.
 */
export function filterSql(filter: QueueFilter, now: Date, found?: { readonly userIds: readonly string[] }): FilterSql {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const statuses = filter.statuses.length === 0 ? REVIEW_STATUSES : [...new Set(filter.statuses)];

  if (filter.priorities.length > 0) {
    // The plus keeps the planner on the index of the order: by priority it would have to sort what it finds.
    conditions.push(`+priority IN (${filter.priorities.map(() => '?').join(', ')})`);
    values.push(...filter.priorities.map(priorityNumber));
  }
  if (filter.scoreFrom !== undefined) {
    conditions.push('+score >= ?');
    values.push(filter.scoreFrom);
  }
  for (const signal of filter.signals) {
    conditions.push('instr(signals, ?) > 0');
    values.push(signalText(signal));
  }
  if (filter.unclaimed) {
    conditions.push('item_id NOT IN (SELECT item_id FROM claims WHERE NOT is_mine AND until > ?)');
    values.push(now.getTime());
  }
  const search = filter.search.trim();
  if (search !== '') {
    const anyOf = ['instr(search, ?) > 0'];
    values.push(search.toLowerCase());
    if (search.length >= SHORTEST_ID) {
      anyOf.push('substr(referrer_id, 1, ?) = ?', 'substr(referee_id, 1, ?) = ?');
      // SQLite counts characters, and not halves of surrogates as `length` does.
      const characters = Array.from(search).length;
      values.push(characters, search, characters, search);
    }
    if (HEAD_OF_UUID.test(search)) {
      const head = search.toLowerCase();
      anyOf.push('substr(item_id, 1, ?) = ?', 'substr(relationship_id, 1, ?) = ?');
      values.push(head.length, head, head.length, head);
    }
    if (found !== undefined && found.userIds.length > 0) {
      const people = JSON.stringify(found.userIds);
      anyOf.push('referrer_id IN (SELECT value FROM json_each(?))', 'referee_id IN (SELECT value FROM json_each(?))');
      values.push(people, people);
    }
    conditions.push(`(${anyOf.join(' OR ')})`);
  }
  const { columns } = ORDERS[filter.order];
  const scans =
    search !== '' ||
    filter.signals.length > 0 ||
    (filter.priorities.length > 0 && !columns.includes('priority')) ||
    (filter.scoreFrom !== undefined && !columns.includes('score'));
  return { statuses, conditions, values, scans, passes: filter.unclaimed };
}
