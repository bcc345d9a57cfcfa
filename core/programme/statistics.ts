import { z } from 'zod';
import { inTransaction, type Pool } from '../postgres/connection.ts';
import { recordedMode } from '../postgres/mode.ts';

export const dailyStat = z.object({
  /** UTC day, `2026-03-12`. */
  date: z.string(),
  /** The referral's source app; null for all together. */
  appId: z.string().nullable(),
  registrations: z.int(),
  activations: z.int(),
  qualifications: z.int(),
  retentions: z.int(),
  creditsPaid: z.int(),
  creditsHeld: z.int(),
  fraudBlocked: z.int(),
});
export type DailyStat = z.output<typeof dailyStat>;

/** UTC days, both inclusive; null leaves that end open. */
export type Days = { readonly from: string | null; readonly to: string | null };

/** Any fixed number: one recount at a time. */
const STATISTICS_LOCK = 7_226_003;

const COLUMNS = 'registrations, activations, qualifications, retentions, credits_paid, credits_held, fraud_blocked';

/**
 * Counts these days anew into `referrals.daily_stats`: stages on their event's day, money on the day of its transition
 * (`umpire.money_log`). The same facts give the same figures; rows that would not change are not written.
 */
export async function refreshDailyStats(pool: Pool, days: Days): Promise<void> {
  // In observe mode the figures are the other service's.
  if ((await recordedMode(pool)) !== 'programme') return;
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [STATISTICS_LOCK]);
    await client.query(
      `CREATE TEMP TABLE IF NOT EXISTS umpire_counted (
         date timestamptz, app_id text, registrations int, activations int, qualifications int, retentions int,
         credits_paid int, credits_held int, fraud_blocked int
       ) ON COMMIT DELETE ROWS`,
    );
    const stage = (column: string, position: number): string => `
      SELECT ${column} AS at, source_app_id AS app_id, ${[0, 1, 2, 3].map((n) => (n === position ? 1 : 0)).join(', ')}, 0, 0, 0
      FROM referrals.relationships WHERE ${column} >= $1 AND ${column} < $2`;
    await client.query(
      `INSERT INTO umpire_counted
       WITH happened (at, app_id, ${COLUMNS}) AS (
         ${['registered_at', 'activated_at', 'qualified_at', 'retained_at'].map(stage).join(' UNION ALL ')}
         UNION ALL
         SELECT at, app_id, 0, 0, 0, 0,
           CASE transition WHEN 'paid' THEN credits ELSE 0 END,
           CASE transition WHEN 'held' THEN credits ELSE 0 END,
           CASE transition WHEN 'blocked' THEN 1 ELSE 0 END
         FROM umpire.money_log WHERE at >= $1 AND at < $2
       )
       SELECT date_trunc('day', at, 'UTC') AS date, app_id, ${COLUMNS.split(', ')
         .map((column) => `sum(${column})`)
         .join(', ')}
       FROM happened GROUP BY GROUPING SETS ((date_trunc('day', at, 'UTC'), app_id), (date_trunc('day', at, 'UTC')))
       HAVING app_id IS NOT NULL OR GROUPING(app_id) = 1`,
      [days.from ?? '-infinity', days.to === null ? 'infinity' : nextDay(days.to)],
    );
    await client.query(
      `UPDATE referrals.daily_stats AS s SET (${COLUMNS}) = ROW (${COLUMNS.split(', ')
        .map((column) => `coalesce(c.${column}, 0)`)
        .join(', ')})
       FROM referrals.daily_stats AS o
       LEFT JOIN umpire_counted AS c ON c.date = o.date AND c.app_id IS NOT DISTINCT FROM o.app_id
       WHERE s.id = o.id AND o.date >= $1 AND o.date < $2
         AND (${prefixed('o')}) IS DISTINCT FROM (${COLUMNS.split(', ')
           .map((column) => `coalesce(c.${column}, 0)`)
           .join(', ')})`,
      [days.from ?? '-infinity', days.to === null ? 'infinity' : nextDay(days.to)],
    );
    await client.query(
      `INSERT INTO referrals.daily_stats (date, app_id, ${COLUMNS})
       SELECT c.date, c.app_id, ${prefixed('c')} FROM umpire_counted AS c
       WHERE NOT EXISTS (SELECT 1 FROM referrals.daily_stats AS s WHERE s.date = c.date AND s.app_id IS NOT DISTINCT FROM c.app_id)`,
    );
  });
}

/** The days' figures as stored, oldest first; `appId` undefined gives the global rows. */
export async function dailyStats(pool: Pool, days: Days, appId?: string): Promise<DailyStat[]> {
  const { rows } = await pool.query(
    `SELECT to_char(date AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS date, app_id AS "appId", registrations, activations, qualifications,
       retentions, credits_paid AS "creditsPaid", credits_held AS "creditsHeld", fraud_blocked AS "fraudBlocked"
     FROM referrals.daily_stats
     WHERE date >= $1 AND date < $2 AND app_id IS NOT DISTINCT FROM $3 ORDER BY date`,
    [days.from ?? '-infinity', days.to === null ? 'infinity' : nextDay(days.to), appId ?? null],
  );
  return z.array(dailyStat).parse(rows);
}

function prefixed(alias: string): string {
  return COLUMNS.split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}

function nextDay(day: string): string {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000);
  // PostgreSQL does not read the signed years that ISO 8601 begins with after 9999.
  return next.getUTCFullYear() > 9999 ? 'infinity' : next.toISOString();
}
