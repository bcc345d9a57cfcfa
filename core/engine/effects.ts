import type { Client } from '../postgres/connection.ts';
import type { RuleSet } from './rule-set.ts';

/**
 * Turns what fired (`umpire_fired`) for the batch (`umpire_batch`) into scores, and scores into what follows: paid, held,
 * blocked, queued (SPEC 3, bands and re-scoring). Rows that would not change are not written. Returns how many scores,
 * signals or evidence are new.
 */
export async function applyBands(client: Client, rules: RuleSet, now: Date): Promise<number> {
  await computeScores(client, rules);
  const changed = await writeScores(client, rules, now);
  await queueItems(client, now);
  await settleBonuses(client, now);
  await blockCritical(client, now);
  return changed;
}

/** SQL that digests the signals aggregated under `alias` (signal, points, evidence) and the version of their rules. */
export const evidenceHash = (ruleSetVersion: string, alias: string): string =>
  `md5(${ruleSetVersion}::text || coalesce(string_agg(${alias}.signal || ${alias}.points || ${alias}.evidence::text, '|' ORDER BY ${alias}.signal), ''))`;

async function computeScores(client: Client, rules: RuleSet): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_scored (
       relationship_id uuid PRIMARY KEY, score integer, band public.fraud_severity, held_band public.fraud_severity,
       names text, evidence_hash text, is_new boolean, changed boolean, is_covered boolean, is_rejected boolean
     ) ON COMMIT DELETE ROWS`,
  );
  const { lowRisk, mediumRisk, critical } = rules.thresholds;
  await client.query(
    `INSERT INTO umpire_scored
     SELECT x.relationship_id, x.score, x.band, x.held_band, x.names, x.evidence_hash, o.relationship_id IS NULL,
       (o.score, o.evidence_hash) IS DISTINCT FROM (x.score, x.evidence_hash),
       coalesce(x.held_band <= o.approved_band, false), x.is_rejected
     FROM (
       SELECT n.*, greatest(n.band, p.held_band) AS held_band
       FROM (
         SELECT s.*, (CASE WHEN s.score >= $3 THEN 'critical' WHEN s.score > $2 THEN 'high' WHEN s.score > $1 THEN 'medium' ELSE 'low' END)::public.fraud_severity AS band
         FROM (
           SELECT b.relationship_id, b.is_rejected, coalesce(sum(f.points), 0)::int AS score,
             coalesce(jsonb_agg(f.signal ORDER BY f.points DESC, f.signal) FILTER (WHERE f.signal IS NOT NULL), '[]')::text AS names,
             ${evidenceHash('$4', 'f')} AS evidence_hash
           FROM umpire_batch AS b LEFT JOIN umpire_fired AS f ON f.relationship_id = b.relationship_id
           GROUP BY b.relationship_id, b.is_rejected
         ) AS s
       ) AS n LEFT JOIN umpire.scores AS p ON p.relationship_id = n.relationship_id
     ) AS x LEFT JOIN umpire.scores AS o ON o.relationship_id = x.relationship_id`,
    [lowRisk, mediumRisk, critical, rules.version],
  );
  await client.query('ANALYZE umpire_scored');
}

async function writeScores(client: Client, rules: RuleSet, now: Date): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire.scores AS s (relationship_id, score, band, held_band, rule_set_version, evidence_hash, scored_at)
     SELECT relationship_id, score, band, held_band, $1, evidence_hash, $2 FROM umpire_scored WHERE changed
     ON CONFLICT (relationship_id) DO UPDATE SET score = excluded.score, band = excluded.band, held_band = excluded.held_band,
       rule_set_version = excluded.rule_set_version, evidence_hash = excluded.evidence_hash, scored_at = excluded.scored_at`,
    [rules.version, now],
  );
  await client.query(
    `DELETE FROM umpire.evidence AS e USING umpire_scored AS s
     WHERE s.changed AND NOT s.is_new AND e.relationship_id = s.relationship_id
       AND NOT EXISTS (SELECT 1 FROM umpire_fired AS f WHERE f.relationship_id = e.relationship_id AND f.signal = e.signal)`,
  );
  await client.query(
    `INSERT INTO umpire.evidence AS e (relationship_id, signal, points, evidence)
     SELECT f.relationship_id, f.signal, f.points, f.evidence FROM umpire_fired AS f
     JOIN umpire_scored AS s ON s.relationship_id = f.relationship_id AND s.changed
     ON CONFLICT (relationship_id, signal) DO UPDATE SET points = excluded.points, evidence = excluded.evidence
     WHERE (e.points, e.evidence) IS DISTINCT FROM (excluded.points, excluded.evidence)`,
  );
  await client.query(
    `UPDATE referrals.relationships AS r SET fraud_score = s.score, fraud_signals = s.names, updated_at = $1
     FROM umpire_scored AS s
     WHERE r.id = s.relationship_id AND (r.fraud_score, r.fraud_signals) IS DISTINCT FROM (s.score, s.names)`,
    [now],
  );
  return rowCount ?? 0;
}

/** From the high band on, a referral that no approval covers is in the queue; an open item follows the score. */
async function queueItems(client: Client, now: Date): Promise<void> {
  await client.query(
    `WITH open AS (
       SELECT q.id, s.score, s.names, greatest(q.priority, s.held_band) AS priority, s.held_band > q.priority AS raised
       FROM umpire_scored AS s JOIN referrals.review_queue AS q ON q.relationship_id = s.relationship_id
       WHERE q.status IN ('pending', 'escalated')
         AND (q.fraud_score, q.fraud_signals, q.priority) IS DISTINCT FROM (s.score, s.names, greatest(q.priority, s.held_band))
     ),
     followed AS (
       UPDATE referrals.review_queue AS q SET fraud_score = o.score, fraud_signals = o.names, priority = o.priority
       FROM open AS o WHERE q.id = o.id
     )
     UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id(),
       raised_version = CASE WHEN o.raised THEN i.version + 1 ELSE i.raised_version END
     FROM open AS o WHERE i.item_id = o.id`,
  );
  // What waited for a second analyst was about a lower band.
  await client.query(
    `UPDATE umpire.decisions AS d SET proposal = 'returned'
     FROM umpire_scored AS s JOIN umpire.items AS i ON i.relationship_id = s.relationship_id
     WHERE d.item_id = i.item_id AND d.proposal = 'open' AND (d.outcome ->> 'version')::int < i.raised_version`,
  );
  // New evidence for the same score and signals is a new version too.
  await client.query(
    `UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
     FROM umpire_scored AS s JOIN referrals.review_queue AS q ON q.relationship_id = s.relationship_id
     WHERE s.changed AND NOT s.is_new AND i.item_id = q.id AND q.status IN ('pending', 'escalated') AND i.tx <> pg_current_xact_id()`,
  );
  await client.query(
    `WITH due AS (
       SELECT s.*, p.previous, p.items FROM umpire_scored AS s
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS items, (array_agg(q.id ORDER BY q.created_at DESC, q.id DESC))[1] AS previous,
           coalesce(bool_or(q.status IN ('pending', 'escalated')), false) AS is_open
         FROM referrals.review_queue AS q WHERE q.relationship_id = s.relationship_id
       ) AS p
       WHERE s.held_band >= 'high' AND NOT s.is_covered AND NOT s.is_rejected AND NOT p.is_open
     ),
     opened AS (
       INSERT INTO referrals.review_queue (id, relationship_id, fraud_score, fraud_signals, priority, created_at)
       SELECT md5('item:' || relationship_id || ':' || items)::uuid, relationship_id, score, names, held_band, $1 FROM due
       RETURNING id
     )
     INSERT INTO umpire.items (item_id, relationship_id, previous_item_id)
     SELECT md5('item:' || d.relationship_id || ':' || d.items)::uuid, d.relationship_id, d.previous
     FROM due AS d JOIN opened AS o ON o.id = md5('item:' || d.relationship_id || ':' || d.items)::uuid`,
    [now],
  );
}

/** What was held for the second analyst is held for its band again, once it waits for none. */
const NOBODY_WAITS = `NOT EXISTS (
  SELECT 1 FROM umpire.items AS i JOIN umpire.decisions AS d ON d.item_id = i.item_id
  WHERE i.relationship_id = s.relationship_id AND d.proposal = 'open')`;

const MEDIUM_HOLD = `interval '48 hours'`;

/**
 * Pays, holds or rejects what is unpaid. A fraud hold only ever changes to that of a higher band here; a claim that waits
 * for its time may become one.
 */
async function settleBonuses(client: Client, now: Date): Promise<void> {
  const unpaid = (condition: string): string => `
    SELECT array_agg(b.id ORDER BY b.id) AS ids FROM umpire_scored AS s
    JOIN referrals.bonus_events AS b ON b.relationship_id = s.relationship_id
    WHERE ${condition}`;
  // All at once and in order: their tiers may be changing, and what each is worth is read after this.
  await client.query(
    `SELECT 1 FROM referrals.bonus_events WHERE relationship_id IN (SELECT relationship_id FROM umpire_scored)
       AND status IN ('pending', 'held') ORDER BY id FOR UPDATE`,
  );
  await client.query(
    `SELECT umpire.reject_bonuses(ids, $1) FROM (${unpaid(`s.is_rejected AND b.status IN ('pending', 'held')`)}) AS x`,
    [now],
  );
  await client.query(
    `SELECT umpire.pay_bonuses(ids, $1) FROM (
       ${unpaid(`NOT s.is_rejected AND (s.held_band = 'low' OR s.is_covered) AND b.status = 'pending'`)}
     ) AS x`,
    [now],
  );
  await client.query(
    `UPDATE umpire.scores AS p SET first_held_at = $1
     FROM umpire_scored AS s
     WHERE p.relationship_id = s.relationship_id AND p.first_held_at IS NULL
       AND NOT s.is_rejected AND NOT s.is_covered AND s.held_band >= 'medium'
       AND EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = s.relationship_id
         AND (b.status = 'pending' OR b.status = 'held' AND b.hold_reason = 'rate_limited'))`,
    [now],
  );
  for (const band of ['medium', 'high', 'critical'] as const) {
    const reason = `fraud_${band}`;
    // What waits for its claim after it served its 48 hours does not serve them twice.
    const lower = {
      medium: `b.hold_reason = 'rate_limited' AND p.first_held_at + ${MEDIUM_HOLD} > $1`,
      high: `b.hold_reason IN ('rate_limited', 'fraud_medium')`,
      critical: `b.hold_reason IN ('rate_limited', 'fraud_medium', 'fraud_high')`,
    }[band];
    await client.query(
      `SELECT umpire.hold_bonuses(x.ids, '${reason}', x.until, $1) FROM (
         SELECT array_agg(b.id ORDER BY b.id) AS ids, ${band === 'medium' ? `p.first_held_at + ${MEDIUM_HOLD}` : 'NULL::timestamptz'} AS until
         FROM umpire_scored AS s
         JOIN umpire.scores AS p ON p.relationship_id = s.relationship_id
         JOIN referrals.bonus_events AS b ON b.relationship_id = s.relationship_id
         WHERE NOT s.is_rejected AND NOT s.is_covered AND s.held_band = '${band}'
           AND (b.status = 'pending' OR b.status = 'held' AND (${lower} OR b.hold_reason = 'second_review' AND ${NOBODY_WAITS}))
         GROUP BY until
       ) AS x`,
      [now],
    );
  }
}

/** Blocks the critical ones: flagged, and counted once in the statistics. */
async function blockCritical(client: Client, now: Date): Promise<void> {
  await client.query(
    `UPDATE referrals.relationships AS r SET is_flagged = true, updated_at = $1
     FROM umpire_scored AS s
     WHERE r.id = s.relationship_id AND s.held_band = 'critical' AND NOT s.is_covered AND NOT r.is_flagged`,
    [now],
  );
  await client.query(
    `WITH blocked AS (
       UPDATE umpire.scores AS p SET first_blocked_at = $1 FROM umpire_scored AS s
       WHERE p.relationship_id = s.relationship_id AND s.held_band = 'critical' AND NOT s.is_covered AND NOT s.is_rejected
         AND p.first_blocked_at IS NULL
       RETURNING p.relationship_id
     )
     INSERT INTO umpire.money_log (at, relationship_id, transition, credits, app_id)
     SELECT $1, b.relationship_id, 'blocked', 0, r.source_app_id
     FROM blocked AS b JOIN referrals.relationships AS r ON r.id = b.relationship_id ORDER BY b.relationship_id`,
    [now],
  );
}
