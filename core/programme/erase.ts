import { ERASED_DOMAIN, ERASED_NAME } from '../domain/erased.ts';
import type { Mode } from '../domain/vocabulary.ts';
import { evidenceHash } from '../engine/effects.ts';
import { scoreEach } from '../engine/score.ts';
import { type Client, inTransaction, type Pool } from '../postgres/connection.ts';
import { recordedMode } from '../postgres/mode.ts';
import { lockFacts } from './derive/referrals.ts';
import { writeFingerprints } from './facts/sightings.ts';
import { PERSONAL_EVENTS } from './facts/users.ts';

export type EraseReport = {
  readonly user: string;
  readonly mode: Mode;
  /** Nothing was left to erase. */
  readonly wasErased: boolean;
  /** What the other service holds of the user was left to it (observe). */
  readonly ownersRowsLeft: boolean;
  /** Events that waited with the user's data in them and are refused now. */
  readonly events: number;
  readonly sightings: number;
  readonly fingerprintLinks: number;
  /** Fingerprints that nobody else is linked to. */
  readonly fingerprints: number;
  /** Signals whose evidence was reduced to what is not personal. */
  readonly evidence: number;
};

/** Why a user is not erased; nothing was changed. */
export class EraseError extends Error {}

const ATTEMPTS = 5;

/**
 * Anonymises a user in place (SPEC 1): name, e-mail, where they were seen, and what evidence quotes of it. Points, scores,
 * bonuses, ledger and decisions stay as they are, and stay so when everything is scored again. One transaction; a second
 * call changes nothing. Throws an EraseError for a user that is not known, or while a referral of theirs cannot be scored.
 */
export async function eraseUser(pool: Pool, userId: string, { now }: { readonly now: Date }): Promise<EraseReport> {
  const mode = await recordedMode(pool);
  if (mode === null) throw new EraseError('This database has not been prepared for Umpire.');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    // A score made without what is erased here would be too low, and pay.
    const waiting = await pool.query<{ id: string }>(
      `SELECT d.relationship_id AS id FROM (${CONCERNED}) AS c JOIN umpire.dirty AS d ON d.relationship_id = c.relationship_id`,
      [userId],
    );
    await scoreEach(
      pool,
      waiting.rows.map(({ id }) => id),
      now,
    );
    const report = await inTransaction(pool, (client) => erase(client, userId, mode, now));
    if (report !== null) return report;
  }
  throw new EraseError(
    'A referral of this user waits to be scored and cannot be yet: erased now, it would be paid unseen. Nothing was changed. ' +
      'Run `umpire score`, which says what is failing, and erase again.',
  );
}

/** Referrals with the user ($1) as a side, and the others of whoever referred them: an e-mail may be like theirs. */
const CONCERNED = `
  SELECT relationship_id FROM umpire.referrals WHERE referee_id = $1 OR referrer_id = $1
  UNION
  SELECT other.relationship_id FROM umpire.referrals AS own
  JOIN umpire.referrals AS other ON other.referrer_id = own.referrer_id WHERE own.referee_id = $1`;

/** Null where a referral has to be scored first. */
async function erase(client: Client, userId: string, mode: Mode, now: Date): Promise<EraseReport | null> {
  await lockFacts(client);
  const events = await refuseEvents(client, userId);
  if (!(await isKnown(client, userId))) {
    if (events === 0) throw new EraseError(`There is no user ${userId}. Nothing was changed.`);
    const none = { sightings: 0, fingerprintLinks: 0, fingerprints: 0, evidence: 0 };
    return { user: userId, mode, wasErased: false, ownersRowsLeft: false, events, ...none };
  }
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (${CONCERNED}) ORDER BY relationship_id FOR UPDATE`,
    [userId],
  );
  const unscored = await client.query(
    `SELECT 1 FROM (${CONCERNED}) AS c JOIN umpire.dirty AS d ON d.relationship_id = c.relationship_id LIMIT 1`,
    [userId],
  );
  if (unscored.rows.length > 0) return null;

  const isFirst = await forgetPerson(client, userId, mode, now);
  const evidence = await reduceEvidence(client, userId);
  const places = await forgetPlaces(client, userId, mode);
  if (isFirst) await tellItems(client, userId);
  const counts = { events, evidence, ...places };
  const wasErased = !isFirst && Object.values(counts).every((count) => count === 0);
  return { user: userId, mode, wasErased, ownersRowsLeft: mode === 'observe', ...counts };
}

async function isKnown(client: Client, userId: string): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT 1 FROM auth.users WHERE id = $1 UNION ALL SELECT 1 FROM umpire.users WHERE user_id = $1',
    [userId],
  );
  return rows.length > 0;
}

async function refuseEvents(client: Client, userId: string): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE umpire.events SET status = 'refused', reason = 'user_erased', content = NULL, waits_for = NULL
     WHERE status IN ('staged', 'parked') AND content ->> 'user_id' = $1 AND type = ANY ($2)`,
    [userId, [...PERSONAL_EVENTS]],
  );
  return rowCount ?? 0;
}

/** Returns whether the user was not erased before. */
async function forgetPerson(client: Client, userId: string, mode: Mode, now: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire.users AS k (user_id, email_weak, email_free, erased_at, tx) VALUES ($1, true, true, $2, pg_current_xact_id())
     ON CONFLICT (user_id) DO UPDATE SET email_local = NULL, email_domain = NULL, disposable_domain = NULL,
       email_weak = true, email_free = true, erased_at = $2
     WHERE k.erased_at IS NULL`,
    [userId, now],
  );
  if (rowCount === 0) return false;
  if (mode === 'observe') return true;
  // Whoever waited for the address can have it.
  await client.query(
    `UPDATE umpire.events SET status = 'staged', reason = NULL, waits_for = NULL
     WHERE status = 'parked' AND waits_for = (SELECT 'email:' || email FROM auth.users WHERE id = $1)`,
    [userId],
  );
  await client.query(
    `UPDATE auth.users SET name = $2, email = 'erased-' || gen_random_uuid() || '@' || $3, email_verified = false, image = NULL,
       updated_at = $4, deleted_at = coalesce(deleted_at, $4) WHERE id = $1`,
    [userId, ERASED_NAME, ERASED_DOMAIN, now],
  );
  return true;
}

/** What evidence quotes of addresses, devices and e-mails; ids, times and kinds stay. */
const PERSONAL_FIELDS = [
  'ipHash',
  'deviceHash',
  'sightingId',
  'domain',
  'listed',
  'refereeLocal',
  'otherLocal',
  'patternValue',
] as const;

/** Keeps the signals that rest on what is erased, without what they quote of it. */
async function reduceEvidence(client: Client, userId: string): Promise<number> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_reduced (
       relationship_id uuid, signal text COLLATE "C", PRIMARY KEY (relationship_id, signal)
     ) ON COMMIT DELETE ROWS`,
  );
  await client.query(
    `INSERT INTO umpire_reduced
     SELECT e.relationship_id, e.signal
     FROM (${CONCERNED}) AS c JOIN umpire.referrals AS r ON r.relationship_id = c.relationship_id
     JOIN (
       SELECT relationship_id, signal, evidence FROM umpire.evidence
       UNION
       SELECT relationship_id, signal, evidence FROM umpire.kept_evidence
       UNION
       SELECT k.relationship_id, s.signal, s.evidence FROM umpire.known_evidence AS k
       CROSS JOIN LATERAL jsonb_to_recordset(k.signals) AS s (signal text, evidence jsonb)
     ) AS e ON e.relationship_id = c.relationship_id
     WHERE r.referee_id = $1 AND (e.signal IN ('same_ip', 'same_device', 'disposable_email', 'similar_email', 'vpn_proxy') OR e.signal LIKE 'pattern:%')
       OR r.referrer_id = $1 AND e.signal IN ('same_ip', 'same_device')
       OR e.signal = 'similar_email' AND e.evidence ->> 'otherId' = $1
     ON CONFLICT DO NOTHING`,
    [userId],
  );
  await client.query(
    `INSERT INTO umpire.kept_evidence (relationship_id, signal, evidence)
     SELECT e.relationship_id, e.signal, e.evidence FROM umpire_reduced AS x
     JOIN umpire.evidence AS e ON e.relationship_id = x.relationship_id AND e.signal = x.signal
     ON CONFLICT DO NOTHING`,
  );
  const reduce = (table: string): Promise<{ rowCount: number | null }> =>
    client.query(
      `UPDATE ${table} AS e SET evidence = (e.evidence - $1::text[]) || '{"erased": true}'
       FROM umpire_reduced AS x WHERE x.relationship_id = e.relationship_id AND x.signal = e.signal AND e.evidence ?| $1`,
      [[...PERSONAL_FIELDS]],
    );
  const { rowCount } = await reduce('umpire.kept_evidence');
  await reduce('umpire.evidence');
  await reduceKnown(client);
  await client.query(
    `UPDATE umpire.scores AS s SET evidence_hash = n.hash
     FROM (
       SELECT o.relationship_id, (
         SELECT ${evidenceHash('o.rule_set_version', 'e')} FROM umpire.evidence AS e WHERE e.relationship_id = o.relationship_id
       ) AS hash
       FROM umpire.scores AS o WHERE o.relationship_id IN (SELECT relationship_id FROM umpire_reduced)
     ) AS n
     WHERE n.relationship_id = s.relationship_id AND n.hash <> s.evidence_hash`,
  );
  return rowCount ?? 0;
}

/**
 * What was known when something was decided. Without its salt the digest, which decisions and the audit log keep, tells
 * nothing of what was there; nor does the hash, which goes.
 */
async function reduceKnown(client: Client): Promise<void> {
  await client.query(
    `UPDATE umpire.known_evidence AS k SET salt = NULL, evidence_hash = k.digest, signals = n.signals
     FROM (
       SELECT o.digest, jsonb_agg(
         CASE WHEN x.signal IS NOT NULL AND s.entry -> 'evidence' ?| $1
           THEN jsonb_set(s.entry, '{evidence}', ((s.entry -> 'evidence') - $1::text[]) || '{"erased": true}') ELSE s.entry END ORDER BY s.n) AS signals
       FROM umpire.known_evidence AS o
       CROSS JOIN LATERAL jsonb_array_elements(o.signals) WITH ORDINALITY AS s (entry, n)
       LEFT JOIN umpire_reduced AS x ON x.relationship_id = o.relationship_id AND x.signal = s.entry ->> 'signal'
       WHERE o.relationship_id IN (SELECT relationship_id FROM umpire_reduced)
       GROUP BY o.digest
     ) AS n
     WHERE k.digest = n.digest AND k.signals <> n.signals`,
    [[...PERSONAL_FIELDS]],
  );
}

/** Where the user was seen. Fingerprints that others were seen with too stay, as those others say. */
async function forgetPlaces(
  client: Client,
  userId: string,
  mode: Mode,
): Promise<Pick<EraseReport, 'sightings' | 'fingerprintLinks' | 'fingerprints'>> {
  const hashes = `ip_hash = NULL, network_hashes = '{}', device_hash = NULL, fingerprint_id = NULL, pattern_hits = '{}'`;
  const some = `(ip_hash IS NOT NULL OR device_hash IS NOT NULL OR fingerprint_id IS NOT NULL OR network_hashes <> '{}' OR pattern_hits <> '{}')`;
  await client.query(`UPDATE umpire.referrals SET ${hashes} WHERE referee_id = $1 AND ${some}`, [userId]);
  await client.query(`UPDATE umpire.registrations SET ${hashes} WHERE referee_id = $1 AND ${some}`, [userId]);
  const sightings = await client.query<{ id: string }>(
    'DELETE FROM umpire.sightings WHERE user_id = $1 RETURNING fingerprint_id AS id',
    [userId],
  );
  const seen = { sightings: sightings.rowCount ?? 0 };
  if (mode === 'observe') return { ...seen, fingerprintLinks: 0, fingerprints: 0 };
  const links = await client.query<{ id: string }>(
    'DELETE FROM referrals.user_fingerprints WHERE user_id = $1 RETURNING fingerprint_id AS id',
    [userId],
  );
  await client.query(
    'CREATE TEMP TABLE IF NOT EXISTS umpire_left (fingerprint_id uuid PRIMARY KEY) ON COMMIT DELETE ROWS',
  );
  await client.query(`INSERT INTO umpire_left SELECT DISTINCT id FROM unnest($1::uuid[]) AS x (id)`, [
    [...sightings.rows, ...links.rows].map(({ id }) => id),
  ]);
  const gone = await client.query(
    `DELETE FROM referrals.fingerprints AS f USING umpire_left AS l
     WHERE f.id = l.fingerprint_id AND NOT EXISTS (SELECT 1 FROM referrals.user_fingerprints AS x WHERE x.fingerprint_id = f.id)`,
  );
  await writeFingerprints(client, 'umpire_left AS l JOIN umpire.sightings AS s ON s.fingerprint_id = l.fingerprint_id');
  await client.query(
    `UPDATE referrals.fingerprints AS f SET registration_count = n.registered, flagged_count = n.flagged
     FROM umpire_left AS l
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS registered, count(*) FILTER (WHERE r.is_rejected)::int AS flagged
       FROM umpire.referrals AS r WHERE r.fingerprint_id = l.fingerprint_id
     ) AS n
     WHERE f.id = l.fingerprint_id AND (f.registration_count, f.flagged_count) <> (n.registered, n.flagged)`,
  );
  return { ...seen, fingerprintLinks: links.rowCount ?? 0, fingerprints: gone.rowCount ?? 0 };
}

/** A new version of every item that names the user or quotes them, so that what others keep of it is fetched anew. */
async function tellItems(client: Client, userId: string): Promise<void> {
  await client.query(
    `UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
     WHERE i.relationship_id IN (SELECT relationship_id FROM umpire.referrals WHERE referee_id = $1 OR referrer_id = $1)
       OR i.relationship_id IN (SELECT relationship_id FROM umpire_reduced)`,
    [userId],
  );
}
