import { inTransaction, type Client, type Pool } from '../../postgres/connection.ts';
import { lockFacts } from '../derive/referrals.ts';
import type { ImportProgress } from './import.ts';
import { applyPage, fillPage, preparePage } from './page.ts';

const PAGE = 4000;

/** The tables that an import fills and the next page reads. */
const FILLED = [
  'auth.users',
  'umpire.users',
  'umpire.sightings',
  'umpire.usages',
  'umpire.purchases',
  'umpire.registrations',
  'umpire.referrals',
  'umpire.bonuses',
  'umpire.code_events',
  'umpire.validations',
  'umpire.events',
  'umpire.dirty',
  'referrals.codes',
  'referrals.rate_limits',
  'referrals.relationships',
  'referrals.bonus_events',
  'referrals.fingerprints',
  'referrals.user_fingerprints',
  'credits.balances',
  'credits.transactions',
];

/**
 * Applies every staged event in (at, id) order, a page a transaction: facts, what is derived from them, and the mark that
 * they are applied become visible together. Killed at any point, the next call goes on where this one was.
 */
export async function applyStaged(
  pool: Pool,
  now: Date,
  onProgress?: (progress: ImportProgress) => void,
): Promise<void> {
  const { rows } = await pool.query<{ staged: number }>(
    `SELECT count(*)::int AS staged FROM umpire.events WHERE status = 'staged'`,
  );
  const total = rows[0]?.staged ?? 0;
  let done = 0;
  for (let page = 1; ; page += 1) {
    const applied = await inTransaction(pool, (client) => applyNext(client, now));
    if (applied === 0) return;
    done += applied;
    // The planner must not take tables that fill up here for the empty ones they were.
    if (page > 1 && Math.log2(page) % 1 === 0) await pool.query(`ANALYZE ${FILLED.join(', ')}`);
    onProgress?.({ phase: 'applying', done: Math.min(done, total), total });
  }
}

async function applyNext(client: Client, now: Date): Promise<number> {
  await lockFacts(client);
  await preparePage(client);
  const events = await fillPage(client, `ORDER BY at, event_id LIMIT ${PAGE}`);
  if (events > 0) await applyPage(client, now);
  return events;
}
