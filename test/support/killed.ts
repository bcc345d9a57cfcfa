import type { Pool } from 'pg';
import { createTestDatabase } from './postgres.ts';
import { openPool } from './scenario-database.ts';

/** Runs `work` on a copy of the template, which is gone afterwards. */
export async function withCopy<Result>(
  template: string,
  work: (pool: Pool, url: string) => Promise<Result>,
): Promise<Result> {
  const database = await createTestDatabase({ template });
  const pool = openPool(database.url);
  try {
    return await work(pool, database.url);
  } finally {
    await pool.end();
    await database.drop();
  }
}

/** The first few lines that only one of two end states has. */
export function difference(killed: readonly string[], notKilled: readonly string[]): readonly string[] {
  const only = (lines: readonly string[], others: readonly string[], of: string): string[] => {
    const known = new Set(others);
    return lines
      .filter((line) => !known.has(line))
      .slice(0, 5)
      .map((line) => `${of}: ${line}`);
  };
  return [...only(killed, notKilled, 'killed'), ...only(notKilled, killed, 'not killed')];
}
