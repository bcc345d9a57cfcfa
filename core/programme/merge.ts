import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Client, inTransaction, type Pool } from '../postgres/connection.ts';
import { duplicates } from '../postgres/duplicates.ts';
import { lockFacts } from './derive/referrals.ts';

export type MergeReport = {
  readonly dryRun: boolean;
  /** Rows that went into an older one of the same key. */
  readonly fingerprints: number;
  /** Links of users to those, which lead to the older one now. */
  readonly userFingerprints: number;
  readonly dailyStats: number;
};

export class MergeError extends Error {}

/**
 * Below the server's deadlock_timeout: this side gives up first, so that the merge never costs another service a
 * transaction.
 */
const LOCK_TIMEOUT = '500ms';
/** Rounds; a transaction that got no lock tries again by itself in each of them. */
const ROUNDS = 4;
const RETRY_MS = 250;
const LOCK_NOT_AVAILABLE = '55P03';

/** Of `referrals.fingerprints`, those to be merged: each with the oldest of its key, which stays. */
const MERGED_FINGERPRINTS = `
  SELECT id, keeper FROM (
    SELECT id, first_value(id) OVER (PARTITION BY ip_hash ORDER BY first_seen_at, id) AS keeper
    FROM referrals.fingerprints WHERE device_hash IS NULL
  ) AS f WHERE id <> keeper`;

const FIGURES = [
  'registrations',
  'activations',
  'qualifications',
  'retentions',
  'credits_paid',
  'credits_held',
  'fraud_blocked',
];

/**
 * Makes one row of those that have the same key in `fingerprints(ip_hash, NULL)` and `daily_stats(date, NULL)`: counts are
 * summed, times span all, links lead to the oldest. One transaction; a second run changes nothing. It is the owner's explicit
 * order and so the one thing that rewrites rows of theirs: in both modes, and before the first migrate.
 */
export async function merge(pool: Pool, { dryRun }: { readonly dryRun: boolean }): Promise<MergeReport> {
  if (!(await exists(pool, 'referrals.fingerprints')) || !(await exists(pool, 'referrals.daily_stats'))) {
    throw new MergeError(
      'There is nothing to merge: this database has no referrals.fingerprints or no referrals.daily_stats.',
    );
  }
  if (dryRun) return { dryRun, ...(await countMerged(pool)) };
  for (let round = 1; ; round += 1) {
    try {
      return { dryRun, ...(await inTransaction(pool, mergeLocked)) };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      if (round >= ROUNDS) {
        throw new MergeError(
          'The tables are being written all the time, and nothing was merged. Run it again, or when the service is quiet.',
          { cause: error },
        );
      }
    }
    await pause(RETRY_MS);
  }
}

type Counted = Omit<MergeReport, 'dryRun'>;

async function countMerged(db: Pool | Client): Promise<Counted> {
  const { fingerprints, dailyStats } = await duplicates(db);
  const { rows } = await db.query<{ links: number }>(
    `SELECT count(*)::int AS links FROM referrals.user_fingerprints WHERE fingerprint_id IN (SELECT id FROM (${MERGED_FINGERPRINTS}) AS m)`,
  );
  return { fingerprints, userFingerprints: rows[0]?.links ?? 0, dailyStats };
}

async function mergeLocked(client: Client): Promise<Counted> {
  const isPrepared = await exists(client, 'umpire.referrals');
  await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
  if (isPrepared) await lockFacts(client);
  // Readers go on; whoever writes waits, so that no row of a merged key comes meanwhile.
  await client.query(
    'LOCK TABLE referrals.fingerprints, referrals.user_fingerprints, referrals.daily_stats IN SHARE ROW EXCLUSIVE MODE',
  );
  const counted = await countMerged(client);
  if (counted.fingerprints > 0) await mergeFingerprints(client, isPrepared);
  if (counted.dailyStats > 0) await mergeDailyStats(client);
  return counted;
}

async function mergeFingerprints(client: Client, isPrepared: boolean): Promise<void> {
  await client.query(`CREATE TEMP TABLE umpire_merged ON COMMIT DROP AS ${MERGED_FINGERPRINTS}`);
  // What is last known of an address is what the row says that saw it last.
  await client.query(
    `UPDATE referrals.fingerprints AS f SET first_seen_at = g.first_seen_at, last_seen_at = g.last_seen_at,
       registration_count = g.registration_count, flagged_count = g.flagged_count, ip_type = g.ip_type, ip_country = g.ip_country,
       ip_asn = g.ip_asn, user_agent_hash = g.user_agent_hash
     FROM (
       SELECT k.keeper, min(o.first_seen_at) AS first_seen_at, max(o.last_seen_at) AS last_seen_at,
         sum(o.registration_count)::int AS registration_count, sum(o.flagged_count)::int AS flagged_count,
         coalesce((array_agg(o.ip_type ORDER BY o.last_seen_at DESC, o.id) FILTER (WHERE o.ip_type <> 'unknown'))[1], 'unknown') AS ip_type,
         (array_agg(o.ip_country ORDER BY o.last_seen_at DESC, o.id) FILTER (WHERE o.ip_country IS NOT NULL))[1] AS ip_country,
         (array_agg(o.ip_asn ORDER BY o.last_seen_at DESC, o.id) FILTER (WHERE o.ip_asn IS NOT NULL))[1] AS ip_asn,
         (array_agg(o.user_agent_hash ORDER BY o.last_seen_at DESC, o.id) FILTER (WHERE o.user_agent_hash IS NOT NULL))[1] AS user_agent_hash
       FROM (SELECT id, keeper FROM umpire_merged UNION SELECT keeper, keeper FROM umpire_merged) AS k
       JOIN referrals.fingerprints AS o ON o.id = k.id GROUP BY k.keeper
     ) AS g WHERE f.id = g.keeper`,
  );
  // A link that says where somebody registered goes on saying so, though they were seen there before: same_ip asks for it.
  await client.query(
    `INSERT INTO referrals.user_fingerprints AS l (user_id, fingerprint_id, seen_at, context)
     SELECT o.user_id, m.keeper, min(o.seen_at),
       coalesce(max(o.context) FILTER (WHERE o.context = 'registration'), (array_agg(o.context ORDER BY o.seen_at, o.fingerprint_id))[1])
     FROM umpire_merged AS m JOIN referrals.user_fingerprints AS o ON o.fingerprint_id = m.id
     GROUP BY o.user_id, m.keeper
     ON CONFLICT (user_id, fingerprint_id) DO UPDATE SET seen_at = least(l.seen_at, excluded.seen_at),
       context = CASE WHEN l.context = 'registration' OR excluded.context <> 'registration' AND l.seen_at <= excluded.seen_at
         THEN l.context ELSE excluded.context END
     WHERE excluded.seen_at < l.seen_at OR excluded.context = 'registration' AND l.context IS DISTINCT FROM 'registration'`,
  );
  await client.query('DELETE FROM referrals.user_fingerprints WHERE fingerprint_id IN (SELECT id FROM umpire_merged)');
  if (isPrepared) {
    for (const table of ['sightings', 'registrations', 'referrals']) {
      await client.query(
        `UPDATE umpire.${table} AS f SET fingerprint_id = m.keeper FROM umpire_merged AS m WHERE f.fingerprint_id = m.id`,
      );
    }
  }
  await client.query('DELETE FROM referrals.fingerprints WHERE id IN (SELECT id FROM umpire_merged)');
}

async function mergeDailyStats(client: Client): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE umpire_merged_days ON COMMIT DROP AS
     SELECT id, keeper FROM (
       SELECT id, first_value(id) OVER (PARTITION BY date ORDER BY id) AS keeper FROM referrals.daily_stats WHERE app_id IS NULL
     ) AS d WHERE id <> keeper`,
  );
  await client.query(
    `UPDATE referrals.daily_stats AS s SET ${FIGURES.map((name) => `${name} = s.${name} + g.${name}`).join(', ')}
     FROM (
       SELECT m.keeper, ${FIGURES.map((name) => `sum(o.${name})::int AS ${name}`).join(', ')}
       FROM umpire_merged_days AS m JOIN referrals.daily_stats AS o ON o.id = m.id GROUP BY m.keeper
     ) AS g WHERE s.id = g.keeper`,
  );
  await client.query('DELETE FROM referrals.daily_stats WHERE id IN (SELECT id FROM umpire_merged_days)');
}

async function exists(db: Pool | Client, table: string): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return rows[0]?.there === true;
}
