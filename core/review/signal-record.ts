import { z } from 'zod';
import { dbCount, type Queryable, rows } from '../postgres/rows.ts';

export type SignalRecord = { readonly decided: number; readonly rejected: number };

const counted = z.object({ signal: z.string(), decided: dbCount, rejected: dbCount });

/** Of the decided items, how many had each signal and how many of those were rejected. Escalated ones are not decided. */
export async function readSignalRecords(db: Queryable): Promise<ReadonlyMap<string, SignalRecord>> {
  const counts = await rows(
    db,
    counted,
    `SELECT e.signal, count(*) AS decided, count(*) FILTER (WHERE q.status = 'rejected') AS rejected
     FROM referrals.review_queue q JOIN umpire.evidence e ON e.relationship_id = q.relationship_id
     WHERE q.status IN ('approved', 'rejected') GROUP BY e.signal`,
  );
  return new Map(counts.map(({ signal, decided, rejected }) => [signal, { decided, rejected }]));
}

/** How long the counts may be old: they change by one with each decision, and every case shows them. */
const FRESH_MS = 10_000;

const kept = new WeakMap<
  object,
  { readonly until: number; readonly records: Promise<ReadonlyMap<string, SignalRecord>> }
>();

/** The same, at most `FRESH_MS` old, for all cases that are read from one pool. */
export function recentSignalRecords(pool: Queryable): Promise<ReadonlyMap<string, SignalRecord>> {
  const known = kept.get(pool);
  if (known !== undefined && known.until > performance.now()) return known.records;
  const records = readSignalRecords(pool);
  kept.set(pool, { until: performance.now() + FRESH_MS, records });
  // A failure is not kept: the next case asks again.
  records.catch(() => kept.delete(pool));
  return records;
}
