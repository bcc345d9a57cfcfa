import { z } from 'zod';
import { type Client, inTransaction, type Pool } from '../postgres/connection.ts';
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

/** Any fixed number. */
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
    await oneRecount(client);
    await recount(client, { from: days.from, to: days.to, only: null });
  });
}

/**
 * Counts the days anew that were marked as changed (`umpire.stale_days`), and takes the marks it saw: what is marked
 * meanwhile, or by a transaction that commits late, is left to the next call. Returns how many days it counted.
 */
export async function refreshStaleDays(pool: Pool): Promise<number> {
  return inTransaction(pool, async (client) => {
    await oneRecount(client);
    const { rows } = await client.query<{ day: string }>(
      `WITH taken AS (DELETE FROM umpire.stale_days RETURNING day) SELECT DISTINCT day::text FROM taken ORDER BY day`,
    );
    const days = rows.map(({ day }) => day);
    const [from, to] = [days[0], days.at(-1)];
    if (from !== undefined && to !== undefined) await recount(client, { from, to, only: days });
    return days.length;
  });
}

/** One recount at a time. Taken first, in a statement of its own, so that what is counted is what is there after it. */
async function oneRecount(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [STATISTICS_LOCK]);
}

type Recount = Days & {
  /** Of the days between, only these; null for all. */
  readonly only: readonly string[] | null;
};

async function recount(client: Client, { from, to, only }: Recount): Promise<void> {
  const bounds = [from ?? '-infinity', to === null ? 'infinity' : nextDay(to), only];
  const within = (at: string): string =>
    `${at} >= $1 AND ${at} < $2 AND ($3::date[] IS NULL OR (${at} AT TIME ZONE 'UTC')::date = ANY ($3))`;
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_counted (
       date timestamptz, app_id text, registrations int, activations int, qualifications int, retentions int,
       credits_paid int, credits_held int, fraud_blocked int
     ) ON COMMIT DELETE ROWS`,
  );
  await client.query(
    `INSERT INTO umpire_counted
     WITH happened (at, app_id, ${COLUMNS}) AS (
       SELECT s.at, r.source_app_id, s.registrations, s.activations, s.qualifications, s.retentions, 0, 0, 0
       FROM referrals.relationships AS r
       CROSS JOIN LATERAL (
         VALUES (r.registered_at, 1, 0, 0, 0), (r.activated_at, 0, 1, 0, 0), (r.qualified_at, 0, 0, 1, 0), (r.retained_at, 0, 0, 0, 1)
       ) AS s (at, registrations, activations, qualifications, retentions)
       WHERE ${within('s.at')}
       UNION ALL
       SELECT m.at, m.app_id, 0, 0, 0, 0,
         CASE m.transition WHEN 'paid' THEN m.credits ELSE 0 END,
         CASE m.transition WHEN 'held' THEN m.credits ELSE 0 END,
         CASE m.transition WHEN 'blocked' THEN 1 ELSE 0 END
       FROM umpire.money_log AS m WHERE ${within('m.at')}
     )
     SELECT date_trunc('day', at, 'UTC') AS date, app_id, ${COLUMNS.split(', ')
       .map((column) => `sum(${column})`)
       .join(', ')}
     FROM happened GROUP BY GROUPING SETS ((date_trunc('day', at, 'UTC'), app_id), (date_trunc('day', at, 'UTC')))
     HAVING (app_id IS NOT NULL OR GROUPING(app_id) = 1) AND (${COLUMNS.split(', ')
       .map((column) => `sum(${column})`)
       .join(' + ')}) > 0`,
    bounds,
  );
  // A day on which nothing happened after all has no row, as if nothing had ever been counted there.
  await client.query(
    `DELETE FROM referrals.daily_stats AS s WHERE ${within('s.date')}
       AND NOT EXISTS (SELECT 1 FROM umpire_counted AS c WHERE c.date = s.date AND c.app_id IS NOT DISTINCT FROM s.app_id)`,
    bounds,
  );
  await client.query(
    `UPDATE referrals.daily_stats AS s SET (${COLUMNS}) = ROW (${prefixed('c')})
     FROM umpire_counted AS c
     WHERE s.date = c.date AND s.app_id IS NOT DISTINCT FROM c.app_id AND (${prefixed('s')}) IS DISTINCT FROM (${prefixed('c')})`,
  );
  await client.query(
    `INSERT INTO referrals.daily_stats (date, app_id, ${COLUMNS})
     SELECT c.date, c.app_id, ${prefixed('c')} FROM umpire_counted AS c
     WHERE NOT EXISTS (SELECT 1 FROM referrals.daily_stats AS s WHERE s.date = c.date AND s.app_id IS NOT DISTINCT FROM c.app_id)`,
  );
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
