import pg from 'pg';
import { z } from 'zod';
import { type Queryable, row } from '../rows.ts';
import { ROLES } from './rights.ts';

export const LOGIN_ROLES = ['owner', ...ROLES] as const;
/** What a login is in this database. */
export type LoginRole = (typeof LOGIN_ROLES)[number];

/** The login may not do what was asked; the message says what it takes. */
export class NotAllowedError extends Error {}
/** The server says that the account is disabled, which is more than that it has no role (yet). */
export class DisabledError extends NotAllowedError {}

const WITHOUT_FUNCTION = '42883';

/** Null for a login that has no role here, and where there is nothing of Umpire's. */
export async function loginRole(db: Queryable): Promise<LoginRole | null> {
  const usable = await row(
    db,
    z.object({ usable: z.boolean() }),
    `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'umpire' AND has_schema_privilege(oid, 'USAGE')) AS usable`,
  );
  if (usable?.usable !== true) return null;
  try {
    const shape = z.object({ role: z.enum(LOGIN_ROLES).nullable() });
    return (await row(db, shape, 'SELECT umpire.login_role() AS role'))?.role ?? null;
  } catch (error) {
    // A database of an earlier release, which had no roles: only its owner got this far.
    if (error instanceof pg.DatabaseError && error.code === WITHOUT_FUNCTION) return 'owner';
    throw error;
  }
}

/** Whether its own account says that the login is disabled; false where the server does not let it look. */
export async function isDisabled(db: Queryable): Promise<boolean> {
  try {
    const { rows } = await db.query(
      'SELECT 1 FROM umpire.accounts WHERE login = session_user AND disabled_at IS NOT NULL',
    );
    return rows.length > 0;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return false;
    throw error;
  }
}

/** Whether the login writes for the engine: imports, scores, runs jobs, takes another clock. */
export function isEngine(role: string | null): boolean {
  return role === 'owner' || role === 'engine';
}

const ORDER: readonly LoginRole[] = ['viewer', 'analyst', 'lead', 'admin', 'engine', 'owner'];

/** Throws NotAllowedError where the login has less than this role. */
export function requireRole(role: LoginRole | null, least: LoginRole, login: string): void {
  if (role === null) {
    throw new NotAllowedError(
      `The login ${login} has no role in Umpire in this database. An admin gives it one: \`umpire admin add\`.`,
    );
  }
  if (ORDER.indexOf(role) < ORDER.indexOf(least)) {
    const also = least === 'owner' ? 'the owner of the database' : `the role ${least}`;
    throw new NotAllowedError(`This takes ${also}, and the login ${login} is ${role}.`);
  }
}
