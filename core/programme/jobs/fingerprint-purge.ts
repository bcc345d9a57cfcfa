import { type Client, inTransaction, type Pool } from '../../postgres/connection.ts';
import { lockFacts } from '../derive/referrals.ts';
import type { Job } from './job.ts';

/** How long a fingerprint is kept after it was last seen (SPEC 1). */
const KEPT_DAYS = 90;
const PAGE = 1000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Removes fingerprints that nobody was seen with for 90 days, and the hashes of them wherever they are; look-ups of codes too. What fired because
 * of them stays as it is and is not derived again. One that a referral rests on which is still to be scored waits for the
 * next run: without it the score would be too low.
 */
export const fingerprintPurge: Job = {
  name: 'fingerprint-purge',
  cron: '17 3 * * *',
  modes: ['programme'],
  keyless: true,
  run: async (pool, options) => {
    const { now } = options;
    const before = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
    const figures = { purged: 0, waiting: 0, calls: 0 };
    let after = FIRST;
    while (options.signal?.aborted !== true) {
      const page = await purgePage(pool, before, after);
      if (page === null) break;
      figures.purged += page.purged;
      figures.waiting += page.waiting;
      after = page.last;
    }
    if (options.signal?.aborted !== true) figures.calls = await forgetCalls(pool, before);
    return figures;
  },
};

/** Codes that were looked up from an address so long ago, and when users last called: they limit and order nothing any more. */
function forgetCalls(pool: Pool, before: Date): Promise<number> {
  return inTransaction(pool, async (client) => {
    await lockFacts(client);
    const { rowCount } = await client.query('DELETE FROM umpire.validations WHERE at < $1', [before]);
    await client.query('DELETE FROM umpire.live_instants WHERE at < $1', [before]);
    return rowCount ?? 0;
  });
}

type Page = { readonly last: string; readonly purged: number; readonly waiting: number };

/** One transaction a page: killed in between, the rest goes with the next run. */
function purgePage(pool: Pool, before: Date, after: string): Promise<Page | null> {
  return inTransaction(pool, async (client) => {
    await lockFacts(client);
    await client.query(
      `CREATE TEMP TABLE IF NOT EXISTS umpire_purged (fingerprint_id uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
       CREATE TEMP TABLE IF NOT EXISTS umpire_resting (
         fingerprint_id uuid, relationship_id uuid, is_own boolean, PRIMARY KEY (fingerprint_id, relationship_id, is_own)
       ) ON COMMIT DELETE ROWS`,
    );
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO umpire_purged
       SELECT id FROM referrals.fingerprints WHERE last_seen_at < $1 AND id > $2 ORDER BY id LIMIT ${PAGE} RETURNING fingerprint_id AS id`,
      [before, after],
    );
    if (rows.length === 0) return null;
    await findReferrals(client);
    const waiting = await leaveUnscored(client);
    await keepEvidence(client);
    const purged = await remove(client);
    return { last: rows.reduce((greatest, { id }) => (id > greatest ? id : greatest), ''), purged, waiting };
  });
}

/** Referrals registered from these fingerprints, and those whose referrer was seen there at the same address or device. */
async function findReferrals(client: Client): Promise<void> {
  await client.query('ANALYZE umpire_purged');
  await client.query(
    `INSERT INTO umpire_resting
     SELECT p.fingerprint_id, r.relationship_id, true
     FROM umpire_purged AS p JOIN umpire.referrals AS r ON r.fingerprint_id = p.fingerprint_id
     UNION
     SELECT p.fingerprint_id, r.relationship_id, false
     FROM umpire_purged AS p JOIN umpire.sightings AS s ON s.fingerprint_id = p.fingerprint_id
     JOIN umpire.referrals AS r ON r.referrer_id = s.user_id AND (r.ip_hash = s.ip_hash OR r.device_hash = s.device_hash)`,
  );
  // Whoever scores one of them finishes first, or finds the evidence kept.
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (SELECT relationship_id FROM umpire_resting) ORDER BY relationship_id FOR UPDATE`,
  );
}

async function leaveUnscored(client: Client): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM umpire_purged AS p WHERE EXISTS (
       SELECT 1 FROM umpire_resting AS x JOIN umpire.dirty AS d ON d.relationship_id = x.relationship_id WHERE x.fingerprint_id = p.fingerprint_id
     )`,
  );
  return rowCount ?? 0;
}

async function keepEvidence(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire.kept_evidence (relationship_id, signal, evidence)
     SELECT e.relationship_id, e.signal, e.evidence
     FROM umpire_purged AS p JOIN umpire_resting AS x ON x.fingerprint_id = p.fingerprint_id AND x.is_own
     JOIN umpire.evidence AS e ON e.relationship_id = x.relationship_id
     WHERE e.signal IN ('same_ip', 'same_device', 'vpn_proxy')
       OR e.signal LIKE 'pattern:%' AND e.evidence ->> 'matched' IN ('address', 'network', 'device')
     UNION
     SELECT e.relationship_id, e.signal, e.evidence
     FROM umpire_purged AS p JOIN umpire_resting AS x ON x.fingerprint_id = p.fingerprint_id AND NOT x.is_own
     JOIN umpire.evidence AS e ON e.relationship_id = x.relationship_id AND e.signal IN ('same_ip', 'same_device')
     JOIN umpire.sightings AS s ON s.event_id = e.evidence ->> 'sightingId' AND s.fingerprint_id = p.fingerprint_id
     ON CONFLICT DO NOTHING`,
  );
}

async function remove(client: Client): Promise<number> {
  const gone = 'fingerprint_id IN (SELECT fingerprint_id FROM umpire_purged)';
  for (const table of ['umpire.referrals', 'umpire.registrations']) {
    await client.query(
      `UPDATE ${table} SET ip_hash = NULL, network_hashes = '{}', device_hash = NULL, fingerprint_id = NULL WHERE ${gone}`,
    );
  }
  await client.query(`DELETE FROM umpire.sightings WHERE ${gone}`);
  await client.query(`DELETE FROM referrals.user_fingerprints WHERE ${gone}`);
  const { rowCount } = await client.query(
    'DELETE FROM referrals.fingerprints WHERE id IN (SELECT fingerprint_id FROM umpire_purged)',
  );
  return rowCount ?? 0;
}
