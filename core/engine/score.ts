import type { Client, Pool } from '../postgres/connection.ts';
import { inTransaction } from '../postgres/connection.ts';
import { applyBands } from './effects.ts';
import { detectPatterns } from './patterns/detect.ts';
import { currentRuleSet, type RuleSet } from './rule-set.ts';
import { SIGNALS } from './signals/index.ts';
import type { Signal } from './signal.ts';

export type ScoreReport = {
  /** Referrals scored by this call. */
  readonly scored: number;
  /** Of those, how many have another score, other signals or other evidence than before. */
  readonly changed: number;
  /** Referrals that could not be scored; they stay unpaid and are tried again later. */
  readonly failing: number;
};

export type ScoreOptions = {
  readonly now: Date;
  /** Referrals in one transaction. */
  readonly batchSize?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops after the batch under way. */
  readonly signal?: AbortSignal;
};

const BATCH = 2000;

/**
 * Scores every referral that is marked dirty, batch by batch, until none is left that nobody else works on. Any number of
 * workers may run at once: a batch is what no other worker holds, and each referral is scored by one.
 */
export async function score(pool: Pool, options: ScoreOptions): Promise<ScoreReport> {
  const total = await waiting(pool, options.now);
  const report = { scored: 0, changed: 0, failing: 0 };
  while (options.signal?.aborted !== true) {
    const batch = await scoreBatch(pool, options.now, options.batchSize ?? BATCH);
    if (batch.taken === 0) return report;
    report.scored += batch.taken - batch.failing;
    report.changed += batch.changed;
    report.failing += batch.failing;
    options.onProgress?.({ done: report.scored, total: Math.max(total, report.scored) });
  }
  return report;
}

/** Marks every referral, for `score --all`. */
export async function markAllDirty(pool: Pool): Promise<void> {
  await pool.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire.referrals');
}

async function waiting(pool: Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    'SELECT count(*)::int AS waiting FROM umpire.dirty WHERE retry_at IS NULL OR retry_at <= $1',
    [now],
  );
  return rows[0]?.waiting ?? 0;
}

type Batch = { readonly taken: number; readonly changed: number; readonly failing: number };

/** One batch. Where it fails, its referrals are scored one by one, so that only the one at fault stays behind. */
async function scoreBatch(pool: Pool, now: Date, size: number): Promise<Batch> {
  let taken: string[] = [];
  try {
    return await inTransaction(pool, async (client) => {
      taken = await take(client, now, size);
      if (taken.length === 0) return { taken: 0, changed: 0, failing: 0 };
      return { taken: taken.length, changed: await scoreTaken(client, now), failing: 0 };
    });
  } catch (error) {
    if (taken.length === 0) throw error;
  }
  let changed = 0;
  let failing = 0;
  let scored = 0;
  for (const id of taken) {
    try {
      const one = await inTransaction(pool, async (client) => {
        if ((await take(client, now, 1, id)).length === 0) return null;
        return scoreTaken(client, now);
      });
      if (one === null) continue;
      scored += 1;
      changed += one;
    } catch (error) {
      failing += 1;
      await recordFailure(pool, id, error, now);
    }
  }
  return { taken: scored + failing, changed, failing };
}

/** Takes dirty referrals that nobody holds into `umpire_batch`; their rows stay locked until the transaction ends. */
async function take(client: Client, now: Date, size: number, only?: string): Promise<string[]> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_taken (relationship_id uuid PRIMARY KEY, generation bigint NOT NULL) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_batch (
       relationship_id uuid PRIMARY KEY, event_id text COLLATE "C", at timestamptz, referrer_id text, referee_id text, code_id uuid,
       ip_hash text COLLATE "C", network_hashes text[], device_hash text COLLATE "C", ip_type text, pattern_hits uuid[],
       qualified_at timestamptz, qualified_event text COLLATE "C", code_created_at timestamptz, referee_domain text COLLATE "C",
       is_rejected boolean
     ) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_fired (
       relationship_id uuid NOT NULL, signal text COLLATE "C" NOT NULL, points integer NOT NULL, evidence jsonb NOT NULL,
       PRIMARY KEY (relationship_id, signal)
     ) ON COMMIT DELETE ROWS`,
  );
  const { rows } = await client.query<{ relationship_id: string }>(
    `INSERT INTO umpire_taken
     SELECT relationship_id, generation FROM umpire.dirty
     WHERE (retry_at IS NULL OR retry_at <= $1) AND ($3::uuid IS NULL OR relationship_id = $3)
     ORDER BY generation LIMIT $2 FOR UPDATE SKIP LOCKED
     RETURNING relationship_id`,
    [now, size, only ?? null],
  );
  if (rows.length === 0) return [];
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (SELECT relationship_id FROM umpire_taken) ORDER BY relationship_id FOR UPDATE`,
  );
  await client.query(
    `INSERT INTO umpire_batch
     SELECT r.relationship_id, r.event_id, r.at, r.referrer_id, r.referee_id, r.code_id, r.ip_hash, r.network_hashes, r.device_hash,
       r.ip_type, r.pattern_hits, r.qualified_at, r.qualified_event, c.created_at, u.email_domain, r.is_rejected
     FROM umpire_taken AS t
     JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id
     JOIN referrals.codes AS c ON c.id = r.code_id
     LEFT JOIN umpire.users AS u ON u.user_id = r.referee_id`,
  );
  await client.query('ANALYZE umpire_batch');
  return rows.map(({ relationship_id: id }) => id);
}

/** Scores `umpire_batch`, applies what follows, and clears the marks that are still those it took. */
async function scoreTaken(client: Client, now: Date): Promise<number> {
  const rules = await currentRuleSet(client);
  for (const signal of SIGNALS) {
    if (!rules.disabled.includes(signal.name)) await detect(client, signal, rules);
  }
  await detectPatterns(client);
  const changed = await applyBands(client, rules, now);
  await client.query(
    `UPDATE umpire.registrations AS g SET is_settled = true
     FROM umpire_batch AS b WHERE g.event_id = b.event_id AND NOT g.is_settled`,
  );
  await client.query(
    `DELETE FROM umpire.dirty AS d USING umpire_taken AS t
     WHERE d.relationship_id = t.relationship_id AND d.generation = t.generation`,
  );
  return changed;
}

async function detect(client: Client, signal: Signal, rules: RuleSet): Promise<void> {
  const points = rules.points[signal.name];
  if ('sql' in signal) {
    await client.query(
      `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
       SELECT relationship_id, $1, $2, evidence FROM (${signal.sql}) AS fired`,
      [signal.name, points],
    );
    return;
  }
  const fired = await signal.detect(client);
  await client.query(
    `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
     SELECT relationship_id, $1, $2, evidence FROM unnest($3::uuid[], $4::jsonb[]) AS f (relationship_id, evidence)`,
    [
      signal.name,
      points,
      fired.map(({ relationshipId }) => relationshipId),
      fired.map(({ evidence }) => JSON.stringify(evidence)),
    ],
  );
}

const FIRST_RETRY_SECONDS = 30;
const LAST_RETRY_SECONDS = 3600;

/** An error never lets a referral through: it stays unpaid, is tried again, later each time, and shows as failing. */
async function recordFailure(pool: Pool, id: string, error: unknown, now: Date): Promise<void> {
  // The code and place of a database error, never its detail: that quotes rows.
  const message = error instanceof Error ? error.message.slice(0, 500) : 'unknown error';
  await pool.query(
    `UPDATE umpire.dirty SET attempts = attempts + 1, error = $2,
       retry_at = $3::timestamptz + make_interval(secs => least(${FIRST_RETRY_SECONDS} * 2 ^ least(attempts, 20), ${LAST_RETRY_SECONDS}))
     WHERE relationship_id = $1`,
    [id, message, now],
  );
}
