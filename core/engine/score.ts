import { type Client, inTransaction, type Pool } from '../postgres/connection.ts';
import { keepableText } from '../postgres/error-text.ts';
import { recordedMode } from '../postgres/mode.ts';
import { clearBatch, takeBatch } from './batch.ts';
import { detectAll } from './detect.ts';
import { applyBands } from './effects.ts';
import { currentRuleSet } from './rule-set.ts';

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
 * Where another service writes the same rows, in any order: a batch holds few of them and only for a moment, and whoever
 * scores gives up before the server looks for deadlocks (after a second), so that it is never the other's transaction that ends.
 */
const OBSERVED_BATCH = 200;
const OBSERVED_LOCK_TIMEOUT = '500ms';

/**
 * Scores every referral that is marked dirty, batch by batch, until none is left that nobody else works on. Any number of
 * workers may run at once: a batch is what no other worker holds, and each referral is scored by one.
 */
export async function score(pool: Pool, options: ScoreOptions): Promise<ScoreReport> {
  const observes = (await recordedMode(pool)) === 'observe';
  const size = options.batchSize ?? (observes ? OBSERVED_BATCH : BATCH);
  const total = await waiting(pool, options.now);
  const report = { scored: 0, changed: 0, failing: 0 };
  while (options.signal?.aborted !== true) {
    const batch = await scoreBatch(pool, { now: options.now, size, observes });
    if (batch.taken === 0) return report;
    report.scored += batch.taken - batch.failing;
    report.changed += batch.changed;
    report.failing += batch.failing;
    options.onProgress?.({ done: report.scored, total: Math.max(total, report.scored) });
  }
  return report;
}

/**
 * Marks every referral, for `score --all`. In the order of referrers, so that a batch finds those together whose signals
 * look at each other.
 */
export async function markAllDirty(pool: Pool): Promise<void> {
  await inTransaction(pool, (client) =>
    client.query(
      `INSERT INTO umpire.dirty (relationship_id)
       SELECT relationship_id FROM umpire.referrals ORDER BY referrer_id, at, event_id
       ON CONFLICT (relationship_id) DO UPDATE
       SET generation = nextval('umpire.dirty_generation'), attempts = 0, retry_at = NULL, error = NULL`,
    ),
  );
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
async function scoreBatch(
  pool: Pool,
  { now, size, observes }: { readonly now: Date; readonly size: number; readonly observes: boolean },
): Promise<Batch> {
  const begin = async (client: Client): Promise<void> => {
    if (observes) await client.query(`SET LOCAL lock_timeout = '${OBSERVED_LOCK_TIMEOUT}'`);
  };
  let taken: readonly string[] = [];
  try {
    return await inTransaction(pool, async (client) => {
      await begin(client);
      const { ids, busy } = await takeBatch(client, { now, size, observes });
      taken = ids;
      if (taken.length === 0) return { taken: busy, changed: 0, failing: busy };
      return { taken: taken.length + busy, changed: await scoreTaken(client, now), failing: busy };
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
        await begin(client);
        if ((await takeBatch(client, { now, size: 1, only: id, observes })).ids.length === 0) return null;
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

/**
 * Scores these of the dirty referrals, each in a transaction of its own; those that somebody else holds, or that are to be
 * tried later, are left. Throws what the first that cannot be scored throws.
 */
export async function scoreEach(pool: Pool, ids: readonly string[], now: Date): Promise<void> {
  const observes = (await recordedMode(pool)) === 'observe';
  for (const id of ids) {
    await inTransaction(pool, async (client) => {
      const { ids: taken } = await takeBatch(client, { now, size: 1, only: id, observes });
      if (taken.length > 0) await scoreTaken(client, now);
    });
  }
}

/** Scores the batch, applies what follows, and clears its marks. */
async function scoreTaken(client: Client, now: Date): Promise<number> {
  const rules = await currentRuleSet(client);
  await detectAll(client, rules);
  const changed = await applyBands(client, rules, now);
  await clearBatch(client);
  return changed;
}

const FIRST_RETRY_SECONDS = 30;
const LAST_RETRY_SECONDS = 3600;

/** An error never lets a referral through: it stays unpaid, is tried again, later each time, and shows as failing. */
async function recordFailure(pool: Pool, id: string, error: unknown, now: Date): Promise<void> {
  await pool.query(
    `UPDATE umpire.dirty SET attempts = attempts + 1, error = $2,
       retry_at = $3::timestamptz + make_interval(secs => least(${FIRST_RETRY_SECONDS} * 2 ^ least(attempts, 20), ${LAST_RETRY_SECONDS}))
     WHERE relationship_id = $1`,
    [id, keepableText(error), now],
  );
}
