import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PoolClient } from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { FRAUD_SIGNALS, FRAUD_THRESHOLDS } from '../domain/constants.ts';
import { DEFAULT_REASONS } from '../domain/decision.ts';
import type { Mode } from '../domain/vocabulary.ts';
import { checkServerVersion, type Client, type Pool } from './connection.ts';
import { checkHashKey, type HashKey } from './hash-key.ts';
import { recordedMode } from './mode.ts';
import { migrateScheduler } from './scheduler.ts';

export class MigrateError extends Error {}

export type MigrateReport = {
  readonly mode: Mode;
  /** Names of the migrations applied now, oldest first; empty when there was nothing to do. */
  readonly applied: readonly string[];
};

/** Any fixed number: one migrate at a time on one database. */
const MIGRATE_LOCK = 7_226_001;

const FOLDERS = {
  /** The seed's tables. */
  programme: 'programme_migrations',
  /** What Umpire adds, in both modes. */
  umpire: 'migrations',
  /** Keys from there to the seed's tables: where another service owns those, not even a trigger is added to them. */
  keys: 'key_migrations',
} as const;

function folder(name: keyof typeof FOLDERS): string {
  const path = fileURLToPath(new URL(`./migrations/${name}`, import.meta.url));
  if (!existsSync(path)) throw new MigrateError(`The migrations are missing from this installation (${name}).`);
  return path;
}

/**
 * Creates or upgrades what Umpire needs in this database. It never drops, renames or rewrites what it did not make,
 * and a second run changes nothing.
 */
export async function migrate(pool: Pool, options: { mode?: Mode; key: HashKey }): Promise<MigrateReport> {
  const client = await pool.connect();
  try {
    await checkServerVersion(client);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK]);
    try {
      const mode = await chooseMode(client, options.mode);
      if (await exists(client, 'umpire.workspace')) await checkHashKey(client, options.key);
      const before = await appliedMigrations(client);
      if (mode === 'programme') await apply(client, 'programme');
      await apply(client, 'umpire');
      if (mode === 'programme') await apply(client, 'keys');
      const scheduler = await migrateScheduler(client);
      await fillDefaults(client, mode, options.key);
      const after = await appliedMigrations(client);
      return { mode, applied: [...after.filter((name) => !before.includes(name)), ...scheduler] };
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATE_LOCK]);
    }
  } finally {
    client.release();
  }
}

async function chooseMode(client: Client, wanted: Mode | undefined): Promise<Mode> {
  const recorded = await recordedMode(client);
  if (recorded !== null) {
    if (wanted !== undefined && wanted !== recorded) {
      throw new MigrateError(`This database is in ${recorded} mode, and a mode is not changed afterwards.`);
    }
    return recorded;
  }
  // Tables that a migration cut off here left behind are not somebody else's.
  const own = await exists(client, `umpire.${FOLDERS.programme}`);
  const adopted = !own && (await exists(client, 'referrals.relationships'));
  if (wanted === 'observe' && own) {
    throw new MigrateError('A migration in programme mode was begun here: complete it without --mode observe.');
  }
  if (wanted === 'observe' && !adopted) {
    throw new MigrateError('Observe mode needs the tables of schema referrals, and they are not in this database.');
  }
  return wanted ?? (adopted ? 'observe' : 'programme');
}

async function exists(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return rows[0]?.there === true;
}

async function apply(client: PoolClient, name: keyof typeof FOLDERS): Promise<void> {
  try {
    await applyMigrations(drizzle(client), {
      migrationsFolder: folder(name),
      migrationsSchema: 'umpire',
      migrationsTable: FOLDERS[name],
    });
  } catch (error) {
    // The error itself quotes the whole migration; its cause says what the server said.
    if (!(error instanceof Error) || !(error.cause instanceof Error)) throw error;
    throw new MigrateError(`A migration failed and was undone: ${error.cause.message}`, { cause: error.cause });
  }
}

async function appliedMigrations(client: Client): Promise<string[]> {
  const names: string[] = [];
  for (const name of ['programme', 'umpire', 'keys'] as const) {
    const table = `umpire.${FOLDERS[name]}`;
    if (!(await exists(client, table))) continue;
    const { rows } = await client.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`);
    names.push(...rows.map(({ id }) => `${name} ${id}`));
  }
  return names;
}

async function fillDefaults(client: Client, mode: Mode, key: HashKey): Promise<void> {
  await client.query('BEGIN');
  try {
    const { rowCount } = await client.query(
      'INSERT INTO umpire.workspace (mode, hash_key_check) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [mode, key.check],
    );
    if (rowCount === 1 && (await exists(client, 'credits.balances'))) {
      await client.query(
        `INSERT INTO umpire.opening_balances (user_id, credits)
         SELECT user_id, balance + free_credits_remaining FROM credits.balances WHERE balance + free_credits_remaining <> 0`,
      );
    }
    await client.query(
      `INSERT INTO umpire.rule_sets (version, points, thresholds, note) VALUES (1, $1, $2, 'The seed''s points and thresholds')
       ON CONFLICT DO NOTHING`,
      [FRAUD_SIGNALS, FRAUD_THRESHOLDS],
    );
    await client.query(
      `INSERT INTO umpire.reason_codes (code, label, decision, position)
       SELECT r.code, r.label, r.decision, r.position
       FROM jsonb_to_recordset($1::jsonb) AS r (code text, label text, decision text, position int)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(DEFAULT_REASONS.map((reason, position) => ({ ...reason, position })))],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
