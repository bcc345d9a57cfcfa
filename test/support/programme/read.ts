import type { Pool } from '../../../core/postgres/connection.ts';
import { TEST_KEY } from '../migrated.ts';
import type { Model } from '../model/model.ts';
import { row, type Tables } from '../model/told.ts';

const ISO = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
const iso = (expression: string): string => `to_char(${expression} AT TIME ZONE 'UTC', '${ISO}')`;

/** Rows as (key, columns in the order in which the model tells them). */
const QUERIES = {
  registrations: `
    SELECT event_id AS key, outcome FROM umpire.registrations
    WHERE outcome IS NOT NULL AND outcome NOT IN ('invalid_code', 'unknown_user')`,
  codes: `
    SELECT code AS key, user_id AS owner, type, is_active AS active, max_uses AS "maxUses", ${iso('expires_at')} AS expires, uses_count AS uses
    FROM referrals.codes`,
  relationships: `
    SELECT r.referee_id AS key, r.referrer_id AS referrer, c.code, r.source_app_id AS app, r.status AS stage,
      ${iso('r.registered_at')} AS registered, ${iso('r.activated_at')} AS activated, ${iso('r.qualified_at')} AS qualified,
      ${iso('r.retained_at')} AS retained, r.fraud_score AS score, r.fraud_signals AS signals, r.is_flagged AS flagged
    FROM referrals.relationships AS r JOIN referrals.codes AS c ON c.id = r.code_id`,
  bands: `
    SELECT r.referee_id AS key, s.held_band AS held, s.approved_band AS approved
    FROM umpire.scores AS s JOIN referrals.relationships AS r ON r.id = s.relationship_id`,
  bonuses: `
    SELECT concat_ws(' ', r.referee_id, b.event_type, b.user_id, coalesce(b.app_id, '-')) AS key, b.credits_base AS base,
      b.tier_multiplier AS multiplier, b.tier_at_time AS tier, b.credits_final AS credits, b.status,
      CASE b.status WHEN 'held' THEN b.hold_reason END AS reason, CASE b.status WHEN 'held' THEN ${iso('b.hold_until')} END AS until,
      ${iso('b.released_at')} AS released
    FROM referrals.bonus_events AS b JOIN referrals.relationships AS r ON r.id = b.relationship_id`,
  cross_app: `
    SELECT r.referee_id || ' ' || a.app_id AS key, ${iso('a.activated_at')} AS at, a.bonus_paid AS paid
    FROM referrals.cross_app_activations AS a JOIN referrals.relationships AS r ON r.id = a.relationship_id`,
  queue: `
    SELECT r.referee_id || ' ' || coalesce((SELECT n::text FROM generate_series(0, 20) AS n WHERE md5('item:' || r.id || ':' || n)::uuid = q.id), q.id::text) AS key,
      q.fraud_score AS score, q.fraud_signals AS signals, q.priority, q.status, q.assigned_to AS assignee, q.notes,
      ${iso('q.reviewed_at')} AS "reviewedAt", i.version, i.raised_version AS "raisedVersion", q.id AS "itemId"
    FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id JOIN umpire.items AS i ON i.item_id = q.id`,
  ledger: `
    SELECT concat_ws(' ', r.referee_id, b.event_type, b.user_id, coalesce(b.app_id, '-')) AS key,
      string_agg(t.type || ' ' || t.amount, ', ' ORDER BY split_part(t.idempotency_key, ':', 3)::int) AS rows
    FROM credits.transactions AS t JOIN referrals.bonus_events AS b ON b.id::text = split_part(t.idempotency_key, ':', 2)
    JOIN referrals.relationships AS r ON r.id = b.relationship_id
    WHERE t.status = 'completed' AND split_part(t.idempotency_key, ':', 1) = 'bonus' GROUP BY 1`,
  transitions: `
    SELECT concat_ws(' ', r.referee_id, b.event_type, b.user_id, coalesce(b.app_id, '-')) AS key,
      string_agg(m.transition || ' ' || m.credits, ', ' ORDER BY m.id) AS rows
    FROM umpire.money_log AS m JOIN referrals.bonus_events AS b ON b.id = m.bonus_id
    JOIN referrals.relationships AS r ON r.id = b.relationship_id
    WHERE m.transition IN ('held', 'paid', 'reversed') GROUP BY 1`,
  user_tiers: `
    SELECT user_id AS key, tier, qualified_count AS qualified, total_earned AS earned FROM referrals.user_tiers
    WHERE tier <> 'bronze' OR qualified_count <> 0 OR total_earned <> 0`,
  balances: `
    SELECT user_id AS key, b.balance + b.free_credits_remaining AS balance, coalesce(usage, 0) AS usage, coalesce(purchase, 0) AS purchase,
      coalesce(bonus, 0) AS bonus, coalesce(adjustment, 0) AS adjustment
    FROM credits.balances AS b LEFT JOIN (
      SELECT user_id, sum(amount) FILTER (WHERE type = 'usage') AS usage, sum(amount) FILTER (WHERE type = 'purchase') AS purchase,
        sum(amount) FILTER (WHERE type = 'bonus') AS bonus, sum(amount) FILTER (WHERE type = 'adjustment') AS adjustment
      FROM credits.transactions WHERE status = 'completed' GROUP BY user_id
    ) AS t USING (user_id) WHERE t.user_id IS NOT NULL OR b.balance + b.free_credits_remaining <> 0`,
  daily_stats: `
    SELECT to_char(date AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' ' || coalesce(app_id, '*') AS key, registrations, activations,
      qualifications, retentions, credits_paid AS paid, credits_held AS held, fraud_blocked AS blocked
    FROM referrals.daily_stats
    WHERE (registrations, activations, qualifications, retentions, credits_paid, credits_held, fraud_blocked) <> (0, 0, 0, 0, 0, 0, 0)`,
  rate_limits: `
    SELECT concat_ws(' ', action, identifier_type, identifier, ${iso('window_start')}) AS key, ${iso('window_end')} AS end
    FROM referrals.rate_limits`,
} as const;

const HASH = /\b[0-9a-f]{64}\b/;

type Value = string | number | boolean | null;
type Row = { readonly key: string; readonly [column: string]: Value };

export type Reading = {
  readonly tables: Tables;
  /** The id of each item by its key in `queue`. */
  readonly items: ReadonlyMap<string, string>;
  readonly versions: ReadonlyMap<string, number>;
};

/** What the database says, in the model's words. The model is asked what lies behind a hash, and which reasons a refusal may have. */
export async function read(pool: Pool, model: Model): Promise<Reading> {
  const patterns = await patternNames(pool);
  // Plain IPv4 here, so that the text is the canonical form.
  const addresses = new Map(model.facts.validations.map(({ event }) => [TEST_KEY.hash(event.ip), event.ip]));
  const tables: Record<string, Map<string, string>> = {};
  const items = new Map<string, string>();
  const versions = new Map<string, number>();
  for (const [table, query] of Object.entries(QUERIES)) {
    const { rows } = await pool.query<Row>(query);
    tables[table] = new Map(
      rows.map(({ key, itemId, ...columns }) => {
        if (typeof itemId === 'string') items.set(key, itemId);
        if (typeof columns['version'] === 'number') versions.set(key, columns['version']);
        if (table === 'registrations') return [key, outcomeOf(key, String(columns['outcome']), model)];
        return [
          key.replace(HASH, (hash) => addresses.get(hash) ?? hash),
          row('signals' in columns ? { ...columns, signals: namesOf(columns['signals'], patterns) } : columns),
        ];
      }),
    );
  }
  tables['fingerprints'] = await fingerprints(pool, model);
  return { tables, items, versions };
}

function outcomeOf(eventId: string, outcome: string, { state }: Model): string {
  const isAdmissible = state.reasons.get(eventId)?.includes(outcome) === true;
  return isAdmissible ? (state.outcomes.get(eventId) ?? outcome) : outcome;
}

async function patternNames(pool: Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ name: string; value: string }>(
    `SELECT 'pattern:' || id AS name, 'pattern:' || pattern_value AS value FROM referrals.fraud_patterns`,
  );
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/** In no order of their own. */
function namesOf(signals: Value | undefined, patterns: ReadonlyMap<string, string>): string {
  const names = JSON.parse(typeof signals === 'string' ? signals : '[]') as readonly string[];
  return names
    .map((name) => patterns.get(name) ?? name)
    .sort()
    .join(',');
}

/** By the address and device that the referees registered from; one hash for one of them, and the other way round. */
async function fingerprints(pool: Pool, { state }: Model): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; referees: string[]; registrations: number; flagged: number }>(`
    SELECT f.id, coalesce(array_agg(r.referee_id) FILTER (WHERE r.referee_id IS NOT NULL), '{}') AS referees,
      f.registration_count AS registrations, f.flagged_count AS flagged
    FROM referrals.fingerprints AS f LEFT JOIN umpire.referrals AS r ON r.fingerprint_id = f.id
    GROUP BY f.id HAVING count(r.referee_id) > 0 OR f.registration_count <> 0 OR f.flagged_count <> 0`);
  const read = new Map<string, string>();
  for (const { id, referees, registrations, flagged } of rows) {
    const places = referees.map((refereeId) => state.referrals.get(refereeId));
    const names = new Set(places.map((one) => (one === undefined ? id : `${one.ip} ${one.device ?? '-'}`)));
    const name = [...names].join(' and ') || id;
    read.set(read.has(name) ? `${name} again` : name, row({ registrations, flagged }));
  }
  return read;
}
