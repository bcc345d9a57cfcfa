import type { Queryable } from './connection.ts';

/** Rows beyond the first, by key, in the two unique keys in which NULL is a value (SPEC 1). */
export type Duplicates = {
  /** `referrals.fingerprints(ip_hash, NULL)` */
  readonly fingerprints: number;
  /** `referrals.daily_stats(date, NULL)` */
  readonly dailyStats: number;
};

/** Counts them; none where the tables are not there. */
export async function duplicates(db: Queryable): Promise<Duplicates> {
  return {
    fingerprints: await surplus(db, 'referrals.fingerprints', 'ip_hash', 'device_hash IS NULL'),
    dailyStats: await surplus(db, 'referrals.daily_stats', 'date', 'app_id IS NULL'),
  };
}

async function surplus(db: Queryable, table: string, key: string, condition: string): Promise<number> {
  const { rows: found } = await db.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (found[0]?.there !== true) return 0;
  const { rows } = await db.query<{ surplus: number }>(
    `SELECT (count(*) - count(DISTINCT ${key}))::int AS surplus FROM ${table} WHERE ${condition}`,
  );
  return rows[0]?.surplus ?? 0;
}
