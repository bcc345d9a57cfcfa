import type { z } from 'zod';
import type { QueueFilter, QueuePage, queuePageRequest, QueueRow, QueueSummary } from '../contract/queue.ts';
import { type HeadRow, priorityOf, signalsOf } from './head-row.ts';
import { IS_TROUBLED, IS_UNDELIVERED } from './outbox-sql.ts';
import { type FilterSql, filterSql } from './queue-filter.ts';
import { ORDERS } from './queue-order.ts';
import type { Store } from './store.ts';

/** People that a server's search found by what the cache does not keep, as e-mail addresses are. */
export type Found = { readonly userIds: readonly string[] };

export type QueueReads = {
  queuePage(request: z.output<typeof queuePageRequest>, now: Date, found?: Found): QueuePage;
  /** How much waits; `holdsEndingSoon` is not of the queue and is told by whoever knows it. */
  queueSummary(now: Date, holdsEndingSoon?: number): QueueSummary;
  /** Ids of the first items that match, in the filter's order, at most so many. */
  queueIds(filter: QueueFilter, limit: number, now: Date, found?: Found): string[];
  /** The first open item that matches, that nobody else works on and that one has not decided oneself; null when there is none. */
  queueNext(filter: QueueFilter, except: string | readonly string[] | null, now?: Date): string | null;
};

/** So many matches of a scan are put in order by themselves; where there are more, the index of the order soon finds a page of them. */
const FEW = 2000;
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
      const few = sql.scans ? matchingFew(store, sql, filter.order) : null;
      const ids = few?.slice(offset, offset + limit) ?? matching(store, sql, filter.order, limit, offset);
      return { total: few?.length ?? total(sql), offset, rows: queueRows(store, ids, now) };
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
    queueIds(filter, limit, now, found) {
      const sql = filterSql(filter, now, found);
      const few = sql.scans ? matchingFew(store, sql, filter.order) : null;
      return few?.slice(0, limit) ?? matching(store, sql, filter.order, limit, 0);
    },
    queueNext(filter, except, now = new Date()) {
      const statuses = OPEN.filter((status) => filter.statuses.length === 0 || filter.statuses.includes(status));
      if (statuses.length === 0) return null;
      const sql = filterSql({ ...filter, statuses, unclaimed: true }, now);
      const passed = except === null ? [] : typeof except === 'string' ? [except] : except;
      const mine = `EXISTS (SELECT 1 FROM outbox AS o WHERE o.item_id = items.item_id AND (${IS_UNDELIVERED} OR state = 'awaiting_second'))`;
      const takenBack = `EXISTS (SELECT 1 FROM overlay AS o WHERE o.item_id = items.item_id AND o.kind = 'undo')`;
      const conditions = [
        ...sql.conditions,
        `item_id NOT IN (${places(passed)})`,
        `(second_review <> 'mine' AND NOT ${mine} OR ${takenBack})`,
      ];
      const values = [...sql.values, ...passed];
      return matching(store, { ...sql, conditions, values }, filter.order, 1, 0)[0] ?? null;
    },
  };
}

const places = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

type Query = { readonly sql: string; readonly values: readonly (string | number)[] };

/** Looks at every row once: the conditions that leave the least come first, and the plus keeps SQLite from building a set of two or three texts. */
function scanning({ statuses, conditions, values }: FilterSql): Query {
  const anyOf = statuses.map(() => '+shown = ?').join(' OR ');
  return {
    sql: `FROM items NOT INDEXED WHERE ${[...conditions, `(${anyOf})`].join(' AND ')}`,
    values: [...values, ...statuses],
  };
}

function counting(filter: FilterSql): Query {
  const { statuses, conditions, values } = filter;
  if (filter.scans) {
    const scan = scanning(filter);
    return { sql: `SELECT count(*) AS items ${scan.sql}`, values: scan.values };
  }
  // There is no order to keep here: any index that helps may be used.
  const where = [`shown IN (${places(statuses)})`, ...conditions].join(' AND ').replaceAll('+priority', 'priority');
  return { sql: `SELECT count(*) AS items FROM items WHERE ${where}`, values: [...statuses, ...values] };
}

/** Ids of all that match, in order; null where those are not few. */
function matchingFew(store: Store, filter: FilterSql, order: QueueFilter['order']): string[] | null {
  const { sql, values } = scanning(filter);
  const found = store.all<{ row: number }>(`SELECT rowid AS row ${sql} LIMIT ?`, ...values, FEW + 1);
  if (found.length > FEW) return null;
  const rows = JSON.stringify(found.map(({ row }) => row));
  return store
    .all<{ item_id: string }>(
      `SELECT item_id FROM items WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY ${ORDERS[order].by}`,
      rows,
    )
    .map(({ item_id: itemId }) => itemId);
}

/** A status at a time, each through the index of the order, and merged: as soon as the page is full nothing more is read. */
function matching(
  store: Store,
  filter: FilterSql,
  order: QueueFilter['order'],
  limit: number,
  offset: number,
): string[] {
  const { columns, by } = ORDERS[order];
  const { statuses, conditions, values } = filter;
  const where = ['shown = ?', ...conditions].join(' AND ');
  const sql = statuses
    .map(() => `SELECT ${['item_id', ...columns].join(', ')} FROM items WHERE ${where}`)
    .join(' UNION ALL ');
  const given = statuses.flatMap((status) => [status, ...values]);
  return store
    .all<{ item_id: string }>(`${sql} ORDER BY ${by} LIMIT ? OFFSET ?`, ...given, limit, offset)
    .map(({ item_id: itemId }) => itemId);
}

type ShownRow = Pick<
  HeadRow,
  | 'item_id'
  | 'version'
  | 'score'
  | 'priority'
  | 'signals'
  | 'referrer_name'
  | 'referee_name'
  | 'referrer_referrals'
  | 'stake'
  | 'due_at'
  | 'created_at'
  | 'source_app_id'
> & {
  readonly shown: QueueRow['status'];
  readonly claimed_by: string | null;
  readonly undelivered: number;
  readonly troubled: number;
};

/** In the order of the ids. */
function queueRows(store: Store, ids: readonly string[], now: Date): QueueRow[] {
  const rows = store.all<ShownRow>(
    `SELECT i.item_id, i.version, i.score, i.priority, i.shown, i.signals, i.referrer_name, i.referee_name, i.referrer_referrals,
       i.stake, i.due_at, i.created_at, i.source_app_id,
       (SELECT c.analyst FROM claims AS c WHERE c.item_id = i.item_id AND c.until > ?) AS claimed_by,
       EXISTS (SELECT 1 FROM outbox AS o WHERE o.item_id = i.item_id AND ${IS_UNDELIVERED}) AS undelivered,
       EXISTS (SELECT 1 FROM outbox AS o WHERE o.item_id = i.item_id AND ${IS_TROUBLED}) AS troubled
     FROM json_each(?) AS wanted CROSS JOIN items AS i ON i.item_id = wanted.value ORDER BY wanted.key`,
    now.getTime(),
    JSON.stringify(ids),
  );
  return rows.map((row) => ({
    itemId: row.item_id,
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
  }));
}
