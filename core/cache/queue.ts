import type { z } from 'zod';
import type { QueueFilter, QueuePage, queuePageRequest, QueueRow, QueueSummary } from '../contract/queue.ts';
import { type HeadRow, priorityOf, signalsOf } from './head-row.ts';
import { IS_TROUBLED, IS_UNDELIVERED } from './outbox-sql.ts';
import { type FilterSql, filterSql } from './queue-filter.ts';
import { ORDERS } from './queue-order.ts';
import type { Store } from './store.ts';

/** People that a server's search found by what the cache does not keep, as e-mail addresses are. */
export type Found = { readonly userIds: readonly string[] };

type QueueReads = {
  queuePage(request: z.output<typeof queuePageRequest>, now: Date, found?: Found): QueuePage;
  /** How much waits; `holdsEndingSoon` is not of the queue and is told by whoever knows it. */
  queueSummary(now: Date, holdsEndingSoon?: number): QueueSummary;
  /** Ids of the first items that match, in the filter's order, at most so many. */
  queueIds(filter: QueueFilter, limit: number, now: Date, found?: Found): string[];
  /** The first open item that matches, that nobody else works on and that one has not decided oneself; null when there is none. */
  queueNext(filter: QueueFilter, except: string | readonly string[] | null, now?: Date): string | null;
};

/** Matches of one scan that are told apart from what is shown of them. */
const AT_ONCE = 2000;
const OPEN = ['pending', 'escalated'] as const;

/** The queue as the window shows it: undelivered decisions count as made. */
export function queueReads(store: Store): QueueReads {
  const totals = new Map<string, number>();
  let countedAt = -1;

  function total(filter: FilterSql): number {
    if (countedAt !== store.generation()) totals.clear();
    countedAt = store.generation();
    const { sql, values } = counting(filter);
    const key = JSON.stringify([sql, values]);
    const known = filter.passes ? undefined : totals.get(key);
    const counted = known ?? store.get<{ items: number }>(sql, ...values)?.items ?? 0;
    totals.set(key, counted);
    return counted;
  }

  return {
    queuePage({ filter, offset, limit }, now, found) {
      const sql = filterSql(filter, now, found);
      // A scan costs the same however much of it is read: it counts what it finds, where that is not very much.
      const whole = sql.scans && offset + limit <= AT_ONCE;
      const read = whole
        ? matching(store, sql, filter.order, AT_ONCE, 0)
        : matching(store, sql, filter.order, limit, offset);
      const ids = whole ? read.slice(offset, offset + limit) : read;
      const counted = whole && read.length < AT_ONCE ? read.length : total(sql);
      return { total: counted, offset, rows: ids.map((itemId) => queueRow(store, itemId, now)) };
    },
    queueSummary(now, holdsEndingSoon = 0) {
      const byStatus = { pending: 0, approved: 0, rejected: 0, escalated: 0 };
      const byPriority = { low: 0, medium: 0, high: 0, critical: 0 };
      const counts = store.all<{ shown: keyof typeof byStatus | 'gone'; priority: number; items: number }>(
        'SELECT shown, priority, count(*) AS items FROM items GROUP BY shown, priority',
      );
      for (const { shown, priority, items } of counts) {
        if (shown === 'gone') continue;
        byStatus[shown] += items;
        if (shown === 'pending') byPriority[priorityOf(priority)] += items;
      }
      const overdue = store.get<{ items: number }>(
        `SELECT count(*) AS items FROM items WHERE shown = 'pending' AND due < ?`,
        now.getTime(),
      );
      return { byStatus, byPriority, overdue: overdue?.items ?? 0, holdsEndingSoon };
    },
    queueIds: (filter, limit, now, found) => matching(store, filterSql(filter, now, found), filter.order, limit, 0),
    queueNext(filter, except, now = new Date()) {
      const statuses = OPEN.filter((status) => filter.statuses.length === 0 || filter.statuses.includes(status));
      if (statuses.length === 0) return null;
      const sql = filterSql({ ...filter, statuses, unclaimed: true }, now);
      const passed = except === null ? [] : typeof except === 'string' ? [except] : except;
      const mine = `item_id IN (SELECT item_id FROM outbox WHERE ${IS_UNDELIVERED} OR state = 'awaiting_second')`;
      const conditions = [
        ...sql.conditions,
        `NOT ${mine}`,
        `item_id NOT IN (${places(passed)})`,
        `second_review <> 'mine'`,
      ];
      const values = [...sql.values, ...passed];
      return matching(store, { ...sql, conditions, values }, filter.order, 1, 0)[0] ?? null;
    },
  };
}

const places = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

type Query = { readonly sql: string; readonly values: readonly (string | number)[] };

/** Where a scan looks: the conditions that leave the least come first, and the plus keeps SQLite from building a set of two or three texts. */
function scanning({ statuses, conditions, values }: FilterSql): Query {
  const anyOf = statuses.map(() => '+shown = ?').join(' OR ');
  return {
    sql: `items NOT INDEXED WHERE ${[...conditions, `(${anyOf})`].join(' AND ')}`,
    values: [...values, ...statuses],
  };
}

function counting(filter: FilterSql): Query {
  const { statuses, conditions, values } = filter;
  if (filter.scans) {
    const scan = scanning(filter);
    return { sql: `SELECT count(*) AS items FROM ${scan.sql}`, values: scan.values };
  }
  // There is no order to keep here: any index that helps may be used.
  const where = [`shown IN (${places(statuses)})`, ...conditions].join(' AND ').replaceAll('+priority', 'priority');
  return { sql: `SELECT count(*) AS items FROM items WHERE ${where}`, values: [...statuses, ...values] };
}

/**
 * A status at a time, each through the index of the order, and merged: as soon as the page is full nothing more is read. A filter that
 * reads more than the index has looks at every row once.
 */
function matching(
  store: Store,
  filter: FilterSql,
  order: QueueFilter['order'],
  limit: number,
  offset: number,
): string[] {
  const { columns, by } = ORDERS[order];
  const { statuses, conditions, values } = filter;
  // A merge orders by what it reads.
  const read = `SELECT ${(filter.scans ? ['item_id'] : ['item_id', ...columns]).join(', ')} FROM`;
  const scan = filter.scans ? scanning(filter) : null;
  const sql =
    scan === null
      ? statuses.map(() => `${read} items WHERE ${['shown = ?', ...conditions].join(' AND ')}`).join(' UNION ALL ')
      : `${read} ${scan.sql}`;
  const given = scan === null ? statuses.flatMap((status) => [status, ...values]) : scan.values;
  return store
    .all<{ item_id: string }>(`${sql} ORDER BY ${by} LIMIT ? OFFSET ?`, ...given, limit, offset)
    .map(({ item_id: itemId }) => itemId);
}

type ShownRow = HeadRow & {
  readonly shown: QueueRow['status'];
  readonly claimed_by: string | null;
  readonly undelivered: number;
  readonly troubled: number;
};

function queueRow(store: Store, itemId: string, now: Date): QueueRow {
  const row = store.get<ShownRow>(
    `SELECT i.*, (SELECT c.analyst FROM claims AS c WHERE c.item_id = i.item_id AND c.until > ?) AS claimed_by,
       EXISTS (SELECT 1 FROM outbox AS o WHERE o.item_id = i.item_id AND ${IS_UNDELIVERED}) AS undelivered,
       EXISTS (SELECT 1 FROM outbox AS o WHERE o.item_id = i.item_id AND ${IS_TROUBLED}) AS troubled
     FROM items AS i WHERE i.item_id = ?`,
    now.getTime(),
    itemId,
  );
  if (row === undefined) throw new Error(`the item ${itemId} is in an index and not in its table`);
  return {
    itemId,
    version: row.version,
    score: row.score,
    priority: priorityOf(row.priority),
    status: row.shown,
    signals: signalsOf(row.signals).map(({ name }) => name),
    referrerName: row.referrer_name,
    refereeName: row.referee_name,
    referrerReferrals: row.referrer_referrals,
    stake: row.stake,
    dueAt: row.due_at,
    createdAt: row.created_at,
    sourceAppId: row.source_app_id,
    claimedBy: row.claimed_by,
    outbox: row.undelivered === 1 ? 'waiting' : row.troubled === 1 ? 'troubled' : null,
  };
}
