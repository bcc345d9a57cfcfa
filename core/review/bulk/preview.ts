import { z } from 'zod';
import type { BulkPreview } from '../../contract/bulk.ts';
import { DECISIONS } from '../../domain/decision.ts';
import { SEVERITIES } from '../../domain/vocabulary.ts';
import { dbCount, type Queryable, rows } from '../../postgres/rows.ts';
import { atStake } from '../queue-order.ts';
import { queueRows } from '../queue.ts';
import { signalNames } from '../signal-names.ts';
import { outliersOf } from './outliers.ts';
import { batchOf } from './run.ts';
import { readBulk } from './read.ts';
import type { Stands } from './start.ts';

const foreseen = z.object({
  item: z.string(),
  verdict: z.string(),
  skip: z.string().nullable(),
  paid: dbCount,
  rejected: dbCount,
  reversed: dbCount,
  decision: z.enum(DECISIONS),
  band: z.enum(SEVERITIES).nullable(),
  score: z.number().int().nullable(),
  signals: z.string().nullable(),
  stake: dbCount,
  referrer_id: z.string().nullable(),
  referrer_name: z.string().nullable(),
  opposed: dbCount,
});
type Foreseen = z.infer<typeof foreseen>;

const TOP_REFERRERS = 5;

/** What running the session would do now with the items that wait. Nothing is written. */
export async function previewBulk(
  db: Queryable,
  sessionId: string,
  now: Date,
  { onBehalfOf, now: given, batch }: Stands & { readonly batch?: number } = {},
): Promise<BulkPreview> {
  const most = batch ?? batchOf((await readBulk(db, sessionId))?.items ?? 0);
  const all = await rows(
    db,
    foreseen,
    `WITH p AS MATERIALIZED (SELECT * FROM umpire.preview_bulk($1, $5, $2, $3)),
     people AS MATERIALIZED (
       SELECT p.place, r.id AS relationship_id, r.referrer_id, q.priority, q.fraud_score, q.fraud_signals
       FROM p JOIN referrals.review_queue AS q ON q.id = p.item JOIN referrals.relationships AS r ON r.id = q.relationship_id
     ),
     decided AS MATERIALIZED (
       SELECT r.referrer_id, q.status, count(*) AS items
       FROM (SELECT DISTINCT referrer_id FROM people) AS x
       JOIN referrals.relationships AS r ON r.referrer_id = x.referrer_id
       JOIN referrals.review_queue AS q ON q.relationship_id = r.id AND q.status IN ('approved', 'rejected') GROUP BY 1, 2
     ),
     stakes AS MATERIALIZED (
       SELECT x.place, sum(b.credits_final) AS credits FROM people AS x
       JOIN referrals.bonus_events AS b ON b.relationship_id = x.relationship_id AND ${atStake('$4')} GROUP BY 1
     )
     SELECT p.item, p.verdict, p.skip, p.paid, p.rejected, p.reversed, k.decision, x.priority AS band, x.fraud_score AS score,
       x.fraud_signals AS signals, coalesce(s.credits, 0) AS stake, x.referrer_id, u.name AS referrer_name, coalesce(d.items, 0) AS opposed
     FROM p
     JOIN umpire.bulk_items_seen AS k ON k.session_id = $1 AND k.position = p.place
     LEFT JOIN people AS x ON x.place = p.place
     LEFT JOIN stakes AS s ON s.place = p.place
     LEFT JOIN auth.users AS u ON u.id = x.referrer_id
     LEFT JOIN decided AS d ON d.referrer_id = x.referrer_id
       AND d.status::text = CASE k.decision WHEN 'approve' THEN 'rejected' WHEN 'reject' THEN 'approved' END
     ORDER BY p.place`,
    [sessionId, onBehalfOf ?? null, given ?? null, now, most],
  );
  const decided = all.filter(({ skip }) => skip === null);
  const sum = (of: (one: Foreseen) => number): number => decided.reduce((total, one) => total + of(one), 0);
  const unlike = outliersOf(decided.map(sessionItem));
  const shown = await queueRows(
    db,
    unlike.map(({ itemId }) => itemId),
    now,
  );
  const why = new Map(unlike.map((one) => [one.itemId, one.why]));
  return {
    items: all.length,
    willDecide: decided.length,
    awaitingSecond: decided.filter(({ verdict }) => verdict === 'awaiting_second').length,
    paid: sum((one) => one.paid),
    rejected: sum((one) => one.rejected),
    reversed: sum((one) => one.reversed),
    referrers: new Set(decided.map((one) => one.referrer_id)).size,
    topReferrers: topReferrers(decided),
    bands: counts(decided.map((one) => one.band ?? 'low')),
    skips: Object.entries(counts(all.flatMap(({ skip }) => skip ?? [])))
      .map(([reason, items]) => ({ reason, items }))
      .sort((a, b) => b.items - a.items || (a.reason < b.reason ? -1 : 1)),
    outliers: shown.map((found) => ({ row: found, why: why.get(found.itemId) ?? '' })),
  };
}

function sessionItem(one: Foreseen): Parameters<typeof outliersOf>[0][number] {
  return {
    itemId: one.item,
    decision: one.decision,
    band: one.band ?? 'low',
    score: one.score ?? 0,
    stake: one.stake,
    signals: signalNames(one.signals ?? '[]'),
    referrerId: one.referrer_id ?? '',
    opposed: one.opposed,
  };
}

function topReferrers(decided: readonly Foreseen[]): BulkPreview['topReferrers'] {
  const byId = new Map<string, { name: string; items: number; credits: number }>();
  for (const { referrer_id: id, referrer_name: name, paid, rejected, reversed } of decided) {
    if (id === null) continue;
    const known = byId.get(id) ?? { name: name ?? id, items: 0, credits: 0 };
    byId.set(id, { ...known, items: known.items + 1, credits: known.credits + paid + rejected + reversed });
  }
  return [...byId]
    .sort(([a, left], [b, right]) => right.items - left.items || right.credits - left.credits || (a < b ? -1 : 1))
    .slice(0, TOP_REFERRERS)
    .map(([, referrer]) => referrer);
}

function counts(values: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const value of values) found[value] = (found[value] ?? 0) + 1;
  return found;
}
