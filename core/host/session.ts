import { connect, type Pool } from '../postgres/connection.ts';
import { openWorkspace, type Workspace } from '../postgres/embedded/workspace.ts';
import { checkHashKey, type HashKey, HashKeyError, loadHashKey } from '../postgres/hash-key.ts';
import { migrate } from '../postgres/migrate.ts';
import { isMigrated, recordedMode } from '../postgres/mode.ts';
import {
  DisabledError,
  isDisabled,
  isEngine,
  type LoginRole,
  loginRole,
  NotAllowedError,
} from '../postgres/roles/login.ts';
import { fillDemo } from './fill-demo.ts';
import { labelOf } from './secrets.ts';

/** An open workspace: a pool on a migrated database. */
export type Session = {
  readonly pool: Pool;
  /** For people; never a password. */
  readonly label: string;
  /** Null on a machine that has none, or not the one of this database: it decides, but hashes nothing. */
  readonly key: HashKey | null;
  /** What the login is here. Only the owner and the engine score and run jobs; the others review. */
  readonly role: LoginRole;
  /** Calling it again does nothing. */
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly home: string;
  readonly databaseUrl?: string;
  readonly demoReferrals: number;
  /** Ends a first fill in the middle; the next start completes it. */
  readonly signal: AbortSignal;
  readonly onStep: (step: string, done: number | null, total: number | null) => void;
};

export class NotMigratedError extends Error {}

/** The roles of Umpire have no rights in this database: a restore is under way, or was made without them. It says nothing of the login. */
export class RightsMissingError extends Error {
  constructor(label: string) {
    super(
      `The roles of Umpire have no rights on ${label}, as while a backup is being restored. Nothing was changed. ` +
        'If it stays so, run `npm run umpire -- migrate --database-url …` with the login that owns it; then retry.',
    );
  }
}

/** Connects to the server that is configured, or opens, migrates and fills the embedded workspace. */
export function startSession(options: SessionOptions): Promise<Session> {
  return options.databaseUrl === undefined ? startEmbedded(options) : startConfigured(options, options.databaseUrl);
}

async function startConfigured({ home, onStep }: SessionOptions, databaseUrl: string): Promise<Session> {
  const label = labelOf(databaseUrl);
  onStep(`Connecting to ${label}`, null, null);
  const pool = connect(databaseUrl, 'umpire host');
  try {
    if (!(await isMigrated(pool))) {
      throw new NotMigratedError(
        `The database ${label} has not been prepared for Umpire. Nothing was changed. ` +
          'Run `npm run umpire -- migrate --database-url …` with the login that owns it, then retry.',
      );
    }
    const role = await loginRole(pool);
    if (role === null && !(await areRightsInPlace(pool))) throw new RightsMissingError(label);
    if (role === null) {
      if (await isDisabled(pool))
        throw new DisabledError('This login was disabled. An admin can enable it again; then retry.');
      throw new NotAllowedError(
        `This login has no role in Umpire on ${label}. An admin gives it one with \`npm run umpire -- admin add\`; then retry.`,
      );
    }
    const key = isEngine(role) ? await usableKey(pool, home) : null;
    return { pool, label, key, role, close: once(() => pool.end()) };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function areRightsInPlace(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ granted: boolean }>(
    `SELECT EXISTS (
       SELECT 1 FROM pg_roles AS r CROSS JOIN pg_namespace AS n
       WHERE r.rolname = 'umpire_viewer' AND n.nspname = 'umpire' AND has_schema_privilege(r.oid, n.oid, 'USAGE')
     ) AS granted`,
  );
  return rows[0]?.granted === true;
}

async function usableKey(pool: Pool, home: string): Promise<HashKey | null> {
  try {
    const key = loadHashKey({ env: process.env, home, create: false });
    await checkHashKey(pool, key);
    return key;
  } catch (error) {
    if (error instanceof HashKeyError) return null;
    throw error;
  }
}

async function startEmbedded({ home, demoReferrals, signal, onStep }: SessionOptions): Promise<Session> {
  const step = (text: string): void => onStep(text, null, null);
  step('Opening the workspace');
  const workspace = await openWorkspace({ home, onStep: step });
  const pool = connect(workspace.connection, 'umpire host');
  try {
    // A key is made only with the database: a new one beside old hashes would match nothing.
    const isNew = (await recordedMode(pool)) === null;
    const key = loadHashKey({ env: process.env, home, create: isNew });
    step('Preparing the database');
    await migrate(pool, { key });
    await fillDemo(pool, { home, referrals: demoReferrals, key, signal, onStep });
    return { pool, label: workspace.label, key, role: 'owner', close: once(() => closeEmbedded(pool, workspace)) };
  } catch (error) {
    await closeEmbedded(pool, workspace);
    throw error;
  }
}

/** The server stops with the last program that uses it, so that the connections end first. */
async function closeEmbedded(pool: Pool, workspace: Workspace): Promise<void> {
  try {
    await pool.end();
  } finally {
    await workspace.release();
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}
