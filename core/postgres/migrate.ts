import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PoolClient } from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { FRAUD_SIGNALS, FRAUD_THRESHOLDS } from '../domain/constants.ts';
import { DEFAULT_REASONS } from '../domain/decision.ts';
import type { Mode } from '../domain/vocabulary.ts';
import { checkServerVersion, type Client, type Pool } from './connection.ts';
import { type Duplicates, duplicates } from './duplicates.ts';
import { checkHashKey, type HashKey } from './hash-key.ts';
import { MigrateError } from './migrate-error.ts';
import { recordedMode } from './mode.ts';
import { applyRights } from './roles/grants.ts';
import { makeRoles } from './roles/groups.ts';
import { migrateScheduler } from './scheduler.ts';

export { MigrateError };

export type MigrateReport = {
  readonly mode: Mode;
  /** Names of the migrations applied now, oldest first; empty when there was nothing to do. */
  readonly applied: readonly string[];
  /** In observe mode: rows that the owner's tables have more than once in a key in which NULL is a value. */
  readonly duplicates?: Duplicates;
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
 * and a second run changes nothing. Throws MigrateError, before anything is changed, where the database cannot be run in
 * the mode that is asked for.
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
      await makeRoles(client);
      if (mode === 'programme') await apply(client, 'programme');
      await apply(client, 'umpire');
      if (mode === 'programme') await apply(client, 'keys');
      const scheduler = await migrateScheduler(client);
      await fillDefaults(client, mode, options.key);
      await applyRights(client, mode);
      const after = await appliedMigrations(client);
      const applied = [...after.filter((name) => !before.includes(name)), ...scheduler];
      return mode === 'observe' ? { mode, applied, duplicates: await duplicates(client) } : { mode, applied };
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
  const mode = wanted ?? (adopted ? 'observe' : 'programme');
  if (mode === 'observe') await checkObservable(client);
  if (mode === 'programme' && !own) await checkRunnable(client);
  return mode;
}

/** The tables of the seed's document and the one it refers to. */
const OBSERVED = [
  'auth.users',
  ...['codes', 'relationships', 'cross_app_activations', 'user_tiers', 'bonus_events', 'fingerprints'].map(inReferrals),
  ...['user_fingerprints', 'fraud_patterns', 'rate_limits', 'review_queue', 'daily_stats'].map(inReferrals),
];

function inReferrals(table: string): string {
  return `referrals.${table}`;
}

async function checkObservable(client: Client): Promise<void> {
  const missing: string[] = [];
  for (const table of OBSERVED) if (!(await exists(client, table))) missing.push(table);
  if (missing.length > 0) {
    throw new MigrateError(
      `Observe mode reads what another service writes, and this database has no ${missing.join(', ')}. Nothing was changed.`,
    );
  }
}

/**
 * Umpire runs a programme from the events that made it. Codes, referrals and tiers that somebody else made have none: limits would
 * be judged without them, and stages would stand still.
 */
async function checkRunnable(client: Client): Promise<void> {
  const foreign: string[] = [];
  for (const table of ['codes', 'relationships', 'bonus_events', 'user_tiers'].map(inReferrals)) {
    if (!(await exists(client, table))) continue;
    const { rows } = await client.query<{ filled: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${table}) AS filled`);
    if (rows[0]?.filled === true) foreign.push(table);
  }
  if (foreign.length > 0) {
    throw new MigrateError(
      `Another service has written ${foreign.join(', ')}, and Umpire cannot run a programme that it did not begin. ` +
        'Nothing was changed. Use --mode observe.',
    );
  }
  const { fingerprints, dailyStats } = await duplicates(client);
  const twice = [
    ...(fingerprints > 0 ? [`referrals.fingerprints (${fingerprints} by ip_hash without a device)`] : []),
    ...(dailyStats > 0 ? [`referrals.daily_stats (${dailyStats} by date without an app)`] : []),
  ];
  if (twice.length > 0) {
    throw new MigrateError(
      `There are rows more than once in ${twice.join(' and ')}, and programme mode needs each once. Nothing was changed. ` +
        'Run `umpire merge`, which makes one row of them, and then migrate again.',
    );
  }
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
    // Later an owner's users bring theirs at first sight; a programme's begin with nothing.
    if (rowCount === 1 || mode === 'observe') await client.query('SELECT umpire.record_openings(NULL)');
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
