import { inTransaction, type Client, type Pool } from '../../postgres/connection.ts';
import { deriveReferrals, lockFacts, prepareDerivation, recountTiers } from '../derive/referrals.ts';
import { applyCodes } from '../facts/codes.ts';
import { postCredits } from '../facts/credits.ts';
import { applyPatterns } from '../facts/patterns.ts';
import { applyRegistrations } from '../facts/registrations.ts';
import { applySightings } from '../facts/sightings.ts';
import { applyUsage } from '../facts/usage.ts';
import { applyUsers } from '../facts/users.ts';
import { settleRegistrations } from '../registration/settle.ts';
import type { ImportProgress } from './import.ts';

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
  'umpire.events',
  'umpire.dirty',
  'referrals.codes',
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
    const applied = await inTransaction(pool, (client) => applyPage(client, now));
    if (applied === 0) return;
    done += applied;
    // The planner must not take tables that fill up here for the empty ones they were.
    if (page > 1 && Math.log2(page) % 1 === 0) await pool.query(`ANALYZE ${FILLED.join(', ')}`);
    onProgress?.({ phase: 'applying', done: Math.min(done, total), total });
  }
}

async function applyPage(client: Client, now: Date): Promise<number> {
  await lockFacts(client);
  await preparePage(client);
  const { rowCount } = await client.query(
    `INSERT INTO umpire_page (event_id, at, type, user_id, content)
     SELECT event_id, at, type, content ->> 'user_id', content FROM umpire.events
     WHERE status = 'staged' ORDER BY at, event_id LIMIT ${PAGE}`,
  );
  if (rowCount === null || rowCount === 0) return 0;
  await client.query('ANALYZE umpire_page');

  await applyUsers(client, now);
  await applyCodes(client);
  await applyPatterns(client);
  await applySightings(client);
  await applyUsage(client);
  await applyRegistrations(client);
  await settleRegistrations(client, now);
  await deriveReferrals(client, now);
  await postCredits(client);
  await recountTiers(client, now);

  await client.query(
    `UPDATE umpire.events AS e SET status = 'applied', content = NULL
     FROM umpire_page AS p WHERE p.event_id = e.event_id AND e.status = 'staged'`,
  );
  return rowCount;
}

/** The tables of one page; they live as long as the connection and are empty at the start of each transaction. */
async function preparePage(client: Client): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_page (
       event_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL, type text NOT NULL, user_id text, content jsonb NOT NULL
     ) ON COMMIT DELETE ROWS`,
  );
  await prepareDerivation(client);
}
