import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { recordedMode } from '../mode.ts';
import { type Client, inTransaction, type Pool } from '../connection.ts';
import { dbInstant, rows } from '../rows.ts';
import { openToReviewers } from './grants.ts';
import { loginRole, NotAllowedError } from './login.ts';
import { type Role, ROLES } from './rights.ts';
import { newPassword, scramVerifier } from './scram.ts';

/** A login that `umpire admin` made. */
export const account = z.object({
  login: z.string(),
  role: z.enum(ROLES),
  display_name: z.string().nullable(),
  created_by: z.string(),
  created_at: dbInstant,
  disabled_at: dbInstant.nullable(),
});
export type Account = z.infer<typeof account>;

/** A password that was just made, for whoever made it: it is kept nowhere. */
export type Secret = { readonly login: string; readonly password: string };

/** The clock that was given, which only the owner may; the server's where it was not. */
export type Clock = Date | undefined;

function freshPassword(): { password: string; verifier: string } {
  const password = newPassword(randomBytes);
  return { password, verifier: scramVerifier(password, randomBytes(16)) };
}

export type Added = Secret & {
  readonly role: Role;
  /** What reviewers had to be granted on the tables of another service (observe mode, first account). */
  readonly granted: readonly string[];
};

/**
 * Makes a login. In observe mode the first one needs rights on the owner's tables, which only their owner gives: throws
 * NotAllowedError, or MigrateError with the statements, where this login may not.
 */
export async function addAccount(
  pool: Pool,
  wanted: { readonly login: string; readonly role: Role; readonly display: string | null },
  clock: Clock,
): Promise<Added> {
  const granted = await open(pool);
  const { password, verifier } = freshPassword();
  await pool.query('SELECT umpire.create_account($1, $2, $3, $4, $5)', [
    wanted.login,
    wanted.role,
    wanted.display,
    verifier,
    clock,
  ]);
  return { login: wanted.login, role: wanted.role, password, granted };
}

async function open(pool: Pool): Promise<readonly string[]> {
  if ((await recordedMode(pool)) !== 'observe') return [];
  if ((await loginRole(pool)) === 'owner') return inTransaction(pool, (client: Client) => openToReviewers(client));
  const { rows: found } = await pool.query<{ open: boolean }>(
    `SELECT has_table_privilege('umpire_viewer', 'referrals.review_queue', 'SELECT') AS open`,
  );
  if (found[0]?.open === true) return [];
  throw new NotAllowedError(
    'The first account of this database is made by its owner: reviewers need rights on the tables of the other service.',
  );
}

/** Gives the account another password and ends its sessions. */
export async function rotatePassword(pool: Pool, login: string, clock: Clock): Promise<Secret> {
  const { password, verifier } = freshPassword();
  await pool.query('SELECT umpire.set_account_password($1, $2, $3)', [login, verifier, clock]);
  await pool.query('SELECT umpire.end_sessions($1)', [login]);
  return { login, password };
}

export async function changeRole(pool: Pool, login: string, role: Role, clock: Clock): Promise<void> {
  await pool.query('SELECT umpire.set_account_role($1, $2, $3)', [login, role, clock]);
}

/** An account that is disabled cannot log in, and its sessions end. */
export async function enableAccount(pool: Pool, login: string, isEnabled: boolean, clock: Clock): Promise<void> {
  await pool.query('SELECT umpire.set_account_enabled($1, $2, $3)', [login, isEnabled, clock]);
  // Until then it could log in; what did meanwhile goes too.
  if (!isEnabled) await pool.query('SELECT umpire.end_sessions($1)', [login]);
}

export function listAccounts(pool: Pool): Promise<Account[]> {
  return rows(
    pool,
    account,
    'SELECT login, role, display_name, created_by, created_at, disabled_at FROM umpire.accounts ORDER BY login COLLATE "C"',
  );
}
