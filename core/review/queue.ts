import { z } from 'zod';
import {
  type QueueFilter,
  type QueuePage,
  type QueueRow,
  type QueueSummary,
  queuePageRequest,
} from '../contract/queue.ts';
import { REVIEW_STATUSES, SEVERITIES } from '../domain/vocabulary.ts';
import { dbCount, dbInstant, type Queryable, row, rows } from '../postgres/rows.ts';
import { IS_LIVE } from './live-claim.ts';
import { type FilterSql, filterSql } from './queue-filter.ts';
import { atStake, DUE_AT, ORDER_BY } from './queue-order.ts';
import { byPoints, signalNames } from './signal-names.ts';

export type QueuePageRequest = z.output<typeof queuePageRequest>;

/**
 * One page of the items that match, in the filter's order. `now` decides what is still reversible.
 *
 * The page's ids are found first and the rows read for them alone: the cost of a row's facts does not grow with the queue.
 */
export async function queuePage(db: Queryable, request: QueuePageRequest, now: Date): Promise<QueuePage> {
  const filter = filterSql(request.filter);
  // A search finds few and looks at everybody: it counts while it sorts. Without one, counting apart is far cheaper.
  const counted = filter.searches ? 'count(*) OVER ()' : 'NULL::bigint';
  const found = await findItems(db, filter, { ...request, order: request.filter.order, counted }, now);
  const ids = found.map(({ id }) => id);
  const none = found.length === 0 && request.offset === 0;
  const total = none ? 0 : (found[0]?.total ?? (await count(db, filter)));
  return { total, offset: request.offset, rows: await queueRows(db, ids, now) };
}

/** Ids of the first items that match, in the filter's order, at most so many. */
export async function queueIds(db: Queryable, filter: QueueFilter, limit: number, now: Date): Promise<string[]> {
  const which = { order: filter.order, offset: 0, limit, counted: 'NULL::bigint' };
  return (await findItems(db, filterSql(filter), which, now)).map(({ id }) => id);
}

const foundItem = z.object({ id: z.string(), total: dbCount.nullable() });

function findItems(
  db: Queryable,
  filter: FilterSql,
  which: {
    readonly order: QueueFilter['order'];
    readonly offset: number;
    readonly limit: number;
    readonly counted: string;
  },
  now: Date,
): Promise<z.infer<typeof foundItem>[]> {
  const n = filter.values.length;
  const stake =
    which.order === 'stake'
      ? `LEFT JOIN (SELECT b.relationship_id, sum(b.credits_final) AS credits FROM referrals.bonus_events b
           WHERE ${atStake(`$${n + 3}`)} GROUP BY 1) stake ON stake.relationship_id = q.relationship_id`
      : '';
  return rows(
    db,
    foundItem,
    `${filter.with}
     SELECT q.id, ${which.counted} AS total FROM referrals.review_queue q
     JOIN referrals.relationships r ON r.id = q.relationship_id ${stake}
     WHERE ${filter.where} ORDER BY ${ORDER_BY[which.order]} OFFSET $${n + 1} LIMIT $${n + 2}`,
    [...filter.values, which.offset, which.limit, ...(stake === '' ? [] : [now])],
  );
}

async function count(db: Queryable, filter: FilterSql): Promise<number> {
  const join = filter.searches ? 'JOIN referrals.relationships r ON r.id = q.relationship_id' : '';
  const counted = await row(
    db,
    z.object({ total: dbCount }),
    `${filter.with} SELECT count(*) AS total FROM referrals.review_queue q ${join} WHERE ${filter.where}`,
    filter.values,
  );
  return counted?.total ?? 0;
}

const storedRow = z.object({
  id: z.string(),
  version: z.number().int(),
  score: z.number().int(),
  priority: z.enum(SEVERITIES),
  status: z.enum(REVIEW_STATUSES),
  signals: z.string(),
  points: z.record(z.string(), z.number()),
  referrer_name: z.string(),
  referee_name: z.string(),
  referrals: dbCount,
  stake: dbCount,
  due_at: dbInstant,
  created_at: dbInstant,
  source_app_id: z.string().nullable(),
  claimed_by: z.string().nullable(),
});

/** The rows of these items, in the order of the ids; an unknown id gives no row. */
export async function queueRows(db: Queryable, ids: readonly string[], now: Date): Promise<QueueRow[]> {
  if (ids.length === 0) return [];
  const stored = await rows(
    db,
    storedRow,
    `SELECT q.id, coalesce(i.version, 1) AS version, q.fraud_score AS score, q.priority, q.status,
       q.fraud_signals AS signals, coalesce(e.points, '{}') AS points,
       referrer.name AS referrer_name, referee.name AS referee_name,
       (SELECT count(*) FROM referrals.relationships o WHERE o.referrer_id = r.referrer_id) AS referrals,
       coalesce((SELECT sum(b.credits_final) FROM referrals.bonus_events b
                 WHERE b.relationship_id = r.id AND ${atStake('$2')}), 0) AS stake,
       ${DUE_AT} AS due_at, q.created_at, r.source_app_id, c.analyst AS claimed_by
     FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, position)
     JOIN referrals.review_queue q ON q.id = wanted.id
     JOIN referrals.relationships r ON r.id = q.relationship_id
     JOIN auth.users referrer ON referrer.id = r.referrer_id
     JOIN auth.users referee ON referee.id = r.referee_id
     LEFT JOIN umpire.items i ON i.item_id = q.id
     LEFT JOIN umpire.claims c ON c.item_id = q.id AND ${IS_LIVE}
     LEFT JOIN LATERAL (SELECT jsonb_object_agg(v.signal, v.points) AS points FROM umpire.evidence v
                        WHERE v.relationship_id = r.id) e ON true
     ORDER BY wanted.position`,
    [ids, now],
  );
  return stored.map((item) => ({
    itemId: item.id,
    version: item.version,
    score: item.score,
    priority: item.priority,
    status: item.status,
    signals: byPoints(signalNames(item.signals), item.points),
    referrerName: item.referrer_name,
    refereeName: item.referee_name,
    referrerReferrals: item.referrals,
    stake: item.stake,
    dueAt: item.due_at,
    createdAt: item.created_at,
    sourceAppId: item.source_app_id,
    claimedBy: item.claimed_by,
    // The server knows nothing of what waits on somebody's computer.
    outbox: null,
  }));
}

const summaryRow = z.object({
  status: z.enum(REVIEW_STATUSES),
  priority: z.enum(SEVERITIES),
  items: dbCount,
  overdue: dbCount,
});

/** How much waits: every status; priorities and overdue of what is still pending. */
export async function queueSummary(db: Queryable, now: Date): Promise<QueueSummary> {
  const counts = await rows(
    db,
    summaryRow,
    `SELECT q.status, q.priority, count(*) AS items,
       count(*) FILTER (WHERE q.status = 'pending' AND ${DUE_AT} < $1) AS overdue
     FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id
     GROUP BY q.status, q.priority`,
    [now],
  );
  const holds = await row(db, z.object({ ending: dbCount }), 'SELECT umpire.holds_ending($1) AS ending', [now]);
  const byStatus = { pending: 0, approved: 0, rejected: 0, escalated: 0 };
  const byPriority = { low: 0, medium: 0, high: 0, critical: 0 };
  let overdue = 0;
  for (const count of counts) {
    byStatus[count.status] += count.items;
    if (count.status === 'pending') byPriority[count.priority] += count.items;
    overdue += count.overdue;
  }
  return { byStatus, byPriority, overdue, holdsEndingSoon: holds?.ending ?? 0 };
}
