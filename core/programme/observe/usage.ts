import type { Client } from '../../postgres/connection.ts';
import { copyFacts, type CopiedFacts, type Scan } from './facts.ts';

/** The ledger of users who take part in referrals; that of all others decides nothing here. */
const LEDGER = `
  FROM credits.transactions AS t
  WHERE t.user_id = ANY ($1) AND t.status = 'completed' AND (
    EXISTS (SELECT 1 FROM referrals.relationships AS p WHERE p.referee_id = t.user_id)
    OR EXISTS (SELECT 1 FROM referrals.relationships AS p WHERE p.referrer_id = t.user_id)
  )`;

/**
 * Usage: what the ledger has of it, the first one of an app, and the activation of a referral where it came before the
 * purchase (a purchase implies activation, and says nothing of usage).
 */
export const USAGES: CopiedFacts = {
  table: 'umpire.usages',
  columns: ['event_id', 'at', 'user_id', 'app_id', 'amount'],
  wanted: ({ ledger }) => `
    SELECT ('activated:' || r.id) COLLATE "C" AS event_id, r.activated_at AS at, r.referee_id AS user_id,
      coalesce(r.source_app_id, 'unknown') AS app_id, 0 AS amount
    FROM referrals.relationships AS r
    WHERE r.referee_id = ANY ($1) AND r.activated_at IS NOT NULL AND (r.qualified_at IS NULL OR r.activated_at < r.qualified_at)
    UNION ALL
    SELECT ('cross_app:' || c.id) COLLATE "C", c.activated_at, r.referee_id, c.app_id, 0
    FROM referrals.relationships AS r JOIN referrals.cross_app_activations AS c ON c.relationship_id = r.id
    WHERE r.referee_id = ANY ($1)
    ${ledger ? `UNION ALL SELECT ('transaction:' || t.id) COLLATE "C", t.created_at, t.user_id, t.app_id, -t.amount ${LEDGER} AND t.type = 'usage'` : ''}`,
};

export const PURCHASES: CopiedFacts = {
  table: 'umpire.purchases',
  columns: ['event_id', 'at', 'user_id', 'amount'],
  wanted: ({ ledger }) =>
    ledger
      ? `SELECT ('transaction:' || t.id) COLLATE "C" AS event_id, t.created_at AS at, t.user_id, t.amount ${LEDGER} AND t.type = 'purchase'`
      : `SELECT NULL::text COLLATE "C" AS event_id, NULL::timestamptz AS at, NULL::text AS user_id, NULL::int AS amount WHERE false`,
};

/** Copies what these users used and bought. */
export async function copyUsage(client: Client, userIds: readonly string[], scan: Scan): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_wanted_usages (
       event_id text COLLATE "C" PRIMARY KEY, at timestamptz, user_id text, app_id text, amount integer
     ) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_wanted_purchases (
       event_id text COLLATE "C" PRIMARY KEY, at timestamptz, user_id text, amount integer
     ) ON COMMIT DELETE ROWS`,
  );
  await client.query(`INSERT INTO umpire_wanted_usages ${USAGES.wanted(scan)} ON CONFLICT DO NOTHING`, [userIds]);
  if (scan.ledger) {
    await client.query(`INSERT INTO umpire_wanted_purchases ${PURCHASES.wanted(scan)} ON CONFLICT DO NOTHING`, [
      userIds,
    ]);
  }
  // Usage between registration and qualification that came, moved or went (minimal_activity).
  await client.query(
    `INSERT INTO umpire_rescored
     SELECT r.relationship_id
     FROM (SELECT f.* FROM umpire.usages AS f WHERE f.user_id = ANY ($1)) AS f
     FULL JOIN umpire_wanted_usages AS w ON w.event_id = f.event_id
     JOIN umpire.referrals AS r ON r.referee_id = coalesce(w.user_id, f.user_id)
       AND (w.at BETWEEN r.at AND r.qualified_at OR f.at BETWEEN r.at AND r.qualified_at)
     WHERE w.at IS DISTINCT FROM f.at
     ON CONFLICT DO NOTHING`,
    [userIds],
  );
  for (const [facts, wanted] of [
    [USAGES, 'umpire_wanted_usages'],
    [PURCHASES, 'umpire_wanted_purchases'],
  ] as const) {
    const copy = copyFacts(facts, wanted);
    await client.query(copy.remove, [userIds]);
    await client.query(copy.write);
  }
}
