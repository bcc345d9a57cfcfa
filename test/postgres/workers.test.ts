import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { createTestDatabase, templateFrom } from '../support/postgres.ts';
import { HASH_KEY, runUmpire } from '../support/scenario-command.ts';
import { openPool } from '../support/scenario-database.ts';
import { dump } from '../support/scenario-dump.ts';
import { at } from '../support/scenario-events.ts';
import { MANY, manyReferrals } from '../support/scenario-many.ts';
import { brokenInvariants } from '../support/scenario-outcome.ts';

const NOW = at('+1d');

/** Migrated and filled once, not scored. */
function unscored(): Promise<string> {
  return templateFrom('unscored_many', async (url) => {
    const pool = openPool(url);
    const key = hashKey(HASH_KEY);
    try {
      await migrate(pool, { key });
      await importEvents(pool, eventSource(manyReferrals), { key, now: new Date(NOW) });
      await pool.query('analyze');
    } finally {
      await pool.end();
    }
  });
}

/** Both workers know the same clock, so nothing that they write tells who wrote it. */
async function scoreWith(
  workers: number,
): Promise<{ counts: readonly number[]; rows: readonly string[]; broken: readonly string[] }> {
  const database = await createTestDatabase({ template: await unscored() });
  const pool = openPool(database.url);
  try {
    const command = ['score', '--now', NOW, '--json', '--database-url', database.url];
    const runs = await Promise.all(Array.from({ length: workers }, () => runUmpire(command)));
    const counts = runs.map(({ exit, stdout, stderr }) => {
      if (exit !== 0) throw new Error(`umpire score: exit ${exit}\n${stderr}`);
      return (JSON.parse(stdout) as { scored: number }).scored;
    });
    return { counts, rows: await scoredRows(pool), broken: await brokenInvariants(pool) };
  } finally {
    await pool.end();
    await database.drop();
  }
}

function scoredRows(pool: Pool): Promise<readonly string[]> {
  const tables = ['relationships', 'bonus_events', 'review_queue', 'fingerprints', 'user_tiers', 'codes'];
  return dump(pool, [...tables.map((table) => `referrals.${table}`), 'credits.balances', 'credits.transactions']);
}

/** The first few lines that only one of the two has: a difference of two lists of 100,000 lines cannot be read. */
function difference(left: readonly string[], right: readonly string[]): readonly string[] {
  const [inLeft, inRight] = [new Set(left), new Set(right)];
  const onlyLeft = left.filter((line) => !inRight.has(line)).map((line) => `one worker: ${line}`);
  const onlyRight = right.filter((line) => !inLeft.has(line)).map((line) => `two workers: ${line}`);
  return [...onlyLeft.slice(0, 5), ...onlyRight.slice(0, 5)];
}

test(
  'two workers at once score each of 20,000 referrals once and come to what one comes to',
  { timeout: 600_000 },
  async () => {
    const one = await scoreWith(1);
    const two = await scoreWith(2);
    expect(one.counts).toEqual([MANY]);
    expect(two.counts.reduce((sum, count) => sum + count)).toBe(MANY);
    expect(two.counts.every((count) => count > 0)).toBe(true);
    expect(difference(one.rows, two.rows)).toEqual([]);
    expect(two.rows.length).toBe(one.rows.length);
    expect([one.broken, two.broken]).toEqual([[], []]);
  },
);
