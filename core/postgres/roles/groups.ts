import pg from 'pg';
import type { Client } from '../connection.ts';
import { MigrateError } from '../migrate-error.ts';
import { REVIEWER_ROLES, ROLES } from './rights.ts';

/** Owns what Umpire made. Nobody logs in as it; those who migrate are members. */
export const OWNER = 'umpire_owner';
export const groupOf = (role: (typeof ROLES)[number]): string => `umpire_${role}`;

type Existing = {
  readonly major: number;
  readonly login: string;
  readonly isSuperuser: boolean;
  readonly isMember: boolean;
  readonly ownerMakesRoles: boolean;
  readonly roles: readonly string[];
  /** `group member` and, where it may pass the membership on, `group member admin`. */
  readonly memberships: readonly string[];
};

const EXISTING = `
  SELECT current_setting('server_version_num')::int / 10000 AS major, session_user AS login,
    (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) AS "isSuperuser",
    coalesce((SELECT pg_has_role(session_user, oid, 'USAGE') FROM pg_roles WHERE rolname = '${OWNER}'), false) AS "isMember",
    coalesce((SELECT rolcreaterole FROM pg_roles WHERE rolname = '${OWNER}'), false) AS "ownerMakesRoles",
    ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'umpire\\_%') AS roles,
    ARRAY(SELECT concat_ws(' ', g.rolname, m.rolname, CASE WHEN a.admin_option THEN 'admin' END) FROM pg_auth_members AS a
      JOIN pg_roles AS g ON g.oid = a.roleid JOIN pg_roles AS m ON m.oid = a.member WHERE g.rolname LIKE 'umpire\\_%') AS memberships`;

/** The statements that make what is missing, in their order. */
function missing(found: Existing): string[] {
  const statements: string[] = [];
  if (!found.roles.includes(OWNER)) statements.push(`CREATE ROLE ${OWNER} NOLOGIN CREATEROLE`);
  else if (!found.ownerMakesRoles) statements.push(`ALTER ROLE ${OWNER} CREATEROLE`);
  for (const role of ROLES) {
    if (!found.roles.includes(groupOf(role))) statements.push(`CREATE ROLE ${groupOf(role)} NOLOGIN`);
  }
  for (const [index, role] of REVIEWER_ROLES.slice(1).entries()) {
    const before = groupOf(REVIEWER_ROLES[index] ?? 'viewer');
    if (!found.memberships.some((one) => one.startsWith(`${before} ${groupOf(role)}`))) {
      statements.push(`GRANT ${before} TO ${groupOf(role)}`);
    }
  }
  // The functions that make accounts are the owner's (PostgreSQL 16: making roles is not enough to give them away).
  for (const group of ROLES.map(groupOf)) {
    if (!found.memberships.includes(`${group} ${OWNER} admin`)) {
      statements.push(`GRANT ${group} TO ${OWNER} WITH ADMIN OPTION`);
    }
  }
  if (!found.isSuperuser && !found.isMember) {
    const how = found.major >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : '';
    statements.push(`GRANT ${OWNER} TO ${pg.escapeIdentifier(found.login)}${how}`);
  }
  return statements;
}

/**
 * What these roles have that Umpire never gives them, each with what takes it away. Logins that the owner made are its to end, also where
 * they are disabled or somebody took their role: what nobody but itself made it a member of is one of those.
 */
const UNWANTED = `
  WITH own AS (SELECT * FROM pg_roles WHERE rolname = ANY ($1))
  SELECT r.rolname || ' has ' || a.name AS has, format('ALTER ROLE %I NO%s', r.rolname, a.name) AS remedy
  FROM own AS r CROSS JOIN LATERAL (VALUES ('LOGIN', r.rolcanlogin), ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls),
    ('REPLICATION', r.rolreplication), ('CREATEDB', r.rolcreatedb), ('CREATEROLE', r.rolcreaterole AND r.rolname <> '${OWNER}')) AS a (name, is_so)
  WHERE a.is_so
  UNION ALL
  SELECT r.rolname || ' is a member of ' || g.rolname, format('REVOKE %I FROM %I', g.rolname, r.rolname)
  FROM own AS r JOIN pg_auth_members AS m ON m.member = r.oid JOIN pg_roles AS g ON g.oid = m.roleid
  WHERE NOT g.rolname || ' ' || r.rolname = ANY ($2)
    AND NOT (r.rolname = '${OWNER}' AND NOT (g.rolsuper OR g.rolbypassrls OR g.rolreplication OR g.rolcreatedb OR g.rolcreaterole)
      AND EXISTS (SELECT 1 FROM pg_auth_members AS k
        WHERE (k.member = g.oid AND k.roleid IN (SELECT oid FROM own)) OR (k.roleid = g.oid AND k.member = r.oid AND k.grantor = r.oid)))
  ORDER BY 1`;

/** Throws MigrateError where a role of Umpire's names is not what Umpire would make: everything it owns would be whose that is. */
async function refuseForeignRoles(client: Client): Promise<void> {
  const groups = ROLES.map(groupOf);
  const memberships = [
    ...REVIEWER_ROLES.slice(1).map((role, index) => `${groupOf(REVIEWER_ROLES[index] ?? 'viewer')} ${groupOf(role)}`),
    ...groups.map((group) => `${group} ${OWNER}`),
  ];
  const { rows } = await client.query<{ has: string; remedy: string }>(UNWANTED, [[OWNER, ...groups], memberships]);
  if (rows.length === 0) return;
  throw new MigrateError(
    `The roles of Umpire’s names on this server are not as Umpire makes them: ${rows.map(({ has }) => has).join(', ')}. Nothing was ` +
      'changed. Where they are another program’s, Umpire needs a server of its own; otherwise have somebody who may run this, then ' +
      `migrate again:\n${rows.map(({ remedy }) => `  ${remedy};`).join('\n')}`,
  );
}

const NOT_ALLOWED = '42501';
/** Roles are the cluster's: another database may be migrated at the same moment. */
const RACED = new Set(['42710', '23505', 'XX000', '40001', '40P01', '0LP01']);
const ATTEMPTS = 20;

/**
 * Makes the roles that are missing on this server, and makes the migrating login a member of their owner. Throws MigrateError
 * with the statements for whoever may make roles, where this login may not, and where a role of that name can do more than
 * Umpire's.
 */
export async function makeRoles(client: Client): Promise<void> {
  await refuseForeignRoles(client);
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await client.query<Existing>(EXISTING);
    const statements = rows[0] === undefined ? [] : missing(rows[0]);
    if (statements.length === 0) return;
    try {
      for (const statement of statements) await client.query(statement);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code === NOT_ALLOWED) throw new MigrateError(forSomebodyElse(statements), { cause: error });
      if (attempt >= ATTEMPTS || !RACED.has(error.code ?? '')) throw error;
    }
  }
}

/** What this login may not do, for somebody who may. */
export function forSomebodyElse(statements: readonly string[]): string {
  return (
    'This login may not do what Umpire’s roles need. Have somebody who may, such as the superuser postgres, run this once in this ' +
    `database, then migrate again:\n${statements.map((statement) => `  ${statement};`).join('\n')}`
  );
}
