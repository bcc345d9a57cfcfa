import pg from 'pg';
import type { Mode } from '../../domain/vocabulary.ts';
import type { Client, Queryable } from '../connection.ts';
import { MigrateError } from '../migrate-error.ts';
import { forSomebodyElse, groupOf, OWNER } from './groups.ts';
import {
  type Columns,
  functionRule,
  OWNERS_TABLES,
  type Privilege,
  type Role,
  ROLES,
  type TableRule,
  tableRule,
} from './rights.ts';

/** Something with an owner and rights, as the catalog has it. */
export type Thing = {
  readonly kind: 'schema' | 'table' | 'sequence' | 'function' | 'type';
  /** As SQL names it. */
  readonly name: string;
  /** Without quotes and arguments: what rules are found by. */
  readonly rule: string;
  readonly owner: string;
  /** A sequence of a column, whose owner is the table's. */
  readonly isOwned: boolean;
  /** `grantee privilege`, or `grantee privilege column`; of Umpire's groups and PUBLIC. */
  readonly grants: readonly string[];
};

const GRANTEES = [...ROLES.map(groupOf), 'PUBLIC'];

function grantsOf(acl: string): string {
  return `SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END || ' ' || x.privilege_type AS line FROM aclexplode(${acl}) AS x`;
}
function known(lines: string): string {
  return `ARRAY(SELECT g.line FROM (${lines}) AS g WHERE split_part(g.line, ' ', 1) = ANY ($2) ORDER BY 1)`;
}

/** Default rights count: what was never granted or revoked has an empty list, and functions are then everybody's. */
const THINGS = `
  SELECT 'schema' AS kind, quote_ident(n.nspname) AS name, n.nspname::text AS rule, pg_get_userbyid(n.nspowner)::text AS owner, false AS "isOwned",
    ${known(grantsOf(`coalesce(n.nspacl, acldefault('n', n.nspowner))`))} AS grants
  FROM pg_namespace AS n WHERE n.nspname = ANY ($1)
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, format('%I.%I', n.nspname, c.relname), n.nspname || '.' || c.relname,
    pg_get_userbyid(c.relowner), c.relkind = 'S' AND EXISTS (
      SELECT 1 FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')),
    ${known(`${grantsOf(`coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))`)}
      UNION ALL SELECT e.line || ' ' || a.attname FROM pg_attribute AS a CROSS JOIN LATERAL (${grantsOf('a.attacl')}) AS e
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`)}
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'function', format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)), n.nspname || '.' || p.proname,
    pg_get_userbyid(p.proowner), false, ${known(grantsOf(`coalesce(p.proacl, acldefault('f', p.proowner))`))}
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1)
  UNION ALL
  SELECT 'type', format('%I.%I', n.nspname, t.typname), n.nspname || '.' || t.typname, pg_get_userbyid(t.typowner), false, '{}'
  FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_class AS c ON c.oid = t.typrelid
  WHERE n.nspname = ANY ($1) AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c')
  ORDER BY 1, 2`;

/** What these schemas have. */
export async function readThings(db: Queryable, schemas: readonly string[]): Promise<Thing[]> {
  return (await db.query<Thing>(THINGS, [schemas, GRANTEES])).rows;
}

/** The grants that the rules want on one thing; none on what has no rule. */
export function wantedGrants({ kind, rule }: Pick<Thing, 'kind' | 'rule'>): string[] {
  const line = (role: Role, privilege: Privilege, column?: string): string =>
    [groupOf(role), privilege, ...(column === undefined ? [] : [column])].join(' ');
  switch (kind) {
    case 'schema':
      return [line('viewer', 'USAGE'), line('engine', 'USAGE')].filter(
        (one) => rule !== 'credits' || one.startsWith(groupOf('engine')),
      );
    case 'table':
      return wantedOnTable(tableRule(rule), line);
    case 'sequence':
      return [line('engine', 'USAGE')];
    case 'function':
      return (functionRule(rule) ?? []).map((role) => line(role, 'EXECUTE'));
    case 'type':
      return [];
  }
}

function wantedOnTable(
  rule: TableRule | undefined,
  line: (role: Role, privilege: Privilege, column?: string) => string,
): string[] {
  if (rule === undefined) return [];
  const columns = (role: Role, read: Columns): string[] =>
    read === 'all' ? [line(role, 'SELECT')] : read.map((column) => line(role, 'SELECT', column));
  return [
    ...rule.engine.map((privilege) => line('engine', privilege)),
    ...ROLES.flatMap((role) => {
      const read = rule.read?.[role];
      return read === undefined ? [] : columns(role, read);
    }),
  ];
}

const SQL_KIND = {
  schema: 'SCHEMA',
  table: 'TABLE',
  sequence: 'SEQUENCE',
  function: 'FUNCTION',
  type: 'TYPE',
} as const;

/** What is to be granted and revoked so that the grants are those that are wanted. */
function grantStatements(thing: Thing, wanted: readonly string[] = wantedGrants(thing)): string[] {
  const on = `ON ${SQL_KIND[thing.kind]} ${thing.name}`;
  const say = (line: string, verb: 'GRANT' | 'REVOKE'): string => {
    const [grantee = '', privilege = '', column] = line.split(' ');
    const what = column === undefined ? privilege : `${privilege} (${pg.escapeIdentifier(column)})`;
    return `${verb} ${what} ${on} ${verb === 'GRANT' ? 'TO' : 'FROM'} ${grantee}`;
  };
  if (thing.kind === 'type') return [];
  return [
    ...thing.grants.filter((line) => !wanted.includes(line)).map((line) => say(line, 'REVOKE')),
    ...wanted.filter((line) => !thing.grants.includes(line)).map((line) => say(line, 'GRANT')),
  ];
}

function ownerStatements(things: readonly Thing[]): string[] {
  const foreign = things.filter(({ owner, isOwned }) => owner !== OWNER && !isOwned);
  // A schema first: who owns it may make things there, without which nothing in it is given away.
  return [...foreign.filter(({ kind }) => kind === 'schema'), ...foreign.filter(({ kind }) => kind !== 'schema')].map(
    ({ kind, name }) => `ALTER ${SQL_KIND[kind]} ${name} OWNER TO ${OWNER}`,
  );
}

/** The schemas that are Umpire's to give away. */
export function managedSchemas(mode: Mode): readonly string[] {
  return mode === 'programme' ? ['umpire', 'referrals', 'auth', 'credits'] : ['umpire'];
}

/**
 * Brings owners and rights to what the rules say; changes nothing where they are. In observe mode the functions stay the
 * migrating login's until the owner's tables are open to reviewers: before that nobody else could do what they do.
 */
export async function applyRights(client: Client, mode: Mode): Promise<void> {
  const schemas = managedSchemas(mode);
  if (mode === 'programme' || (await isOpen(client))) {
    const statements = ownerStatements(await readThings(client, schemas));
    if (statements.length > 0) {
      const { rows } = await client.query<{ may: boolean; database: string }>(
        `SELECT has_database_privilege('${OWNER}', current_database(), 'CREATE') AS may, quote_ident(current_database()) AS database`,
      );
      if (rows[0]?.may === false) statements.unshift(`GRANT CREATE ON DATABASE ${rows[0].database} TO ${OWNER}`);
    }
    await run(client, statements);
  }
  await run(client, [
    ...(mode === 'programme' ? await closedDefaults(client) : []),
    ...(await readThings(client, schemas)).flatMap((thing) => grantStatements(thing)),
  ]);
}

/** A function that somebody adds later is nobody's to call before it has a rule. */
async function closedDefaults(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ closed: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_default_acl WHERE pg_get_userbyid(defaclrole) = '${OWNER}' AND defaclobjtype = 'f') AS closed`,
  );
  return rows[0]?.closed === true
    ? []
    : [`ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`];
}

async function isOpen(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT has_table_privilege('${OWNER}', 'referrals.review_queue', 'UPDATE') AS open`,
  );
  return rows[0]?.open === true;
}

/**
 * In observe mode: gives reviewers, engine and Umpire's own functions the rights on the owner's tables that they need, and the
 * functions to their owner. Returns the statements that were run; none where all is as it should be.
 */
export async function openToReviewers(client: Client): Promise<string[]> {
  const schemas = ['referrals', 'auth', 'credits'];
  const things = await readThings(client, schemas);
  const { rows } = await client.query<{ line: string }>(
    `SELECT rule || ' ' || privilege AS line FROM jsonb_each($1::jsonb) AS t (rule, privileges) CROSS JOIN jsonb_array_elements_text(privileges) AS p (privilege)
     WHERE to_regclass(rule) IS NOT NULL AND has_table_privilege('${OWNER}', to_regclass(rule), privilege)
     UNION ALL
     SELECT nspname || ' USAGE' FROM pg_namespace WHERE nspname = ANY ($2) AND has_schema_privilege('${OWNER}', oid, 'USAGE')`,
    [JSON.stringify(OWNERS_TABLES), schemas],
  );
  const has = new Set(rows.map(({ line }) => line));
  const statements = things.flatMap((thing) => {
    if (thing.kind !== 'schema' && thing.kind !== 'table') return [];
    const needs = thing.kind === 'schema' ? ['USAGE'] : (OWNERS_TABLES[thing.rule] ?? []);
    const lacks = needs.filter((privilege) => !has.has(`${thing.rule} ${privilege}`));
    return [
      ...(lacks.length === 0 ? [] : [`GRANT ${lacks.join(', ')} ON ${SQL_KIND[thing.kind]} ${thing.name} TO ${OWNER}`]),
      ...onlyGrants(thing),
    ];
  });
  await run(client, statements);
  // Whoever does not own a table may be told nothing more than a warning.
  const left = (await readThings(client, schemas)).flatMap(onlyGrants);
  if (left.length > 0) throw new MigrateError(forSomebodyElse([...new Set([...statements, ...left])]));
  await applyRights(client, 'observe');
  return statements;
}

/**
 * What reviewers and engine lack on the owner's tables; the engine gets no more than Umpire's functions do. What the service
 * granted to others is its own affair: nothing is revoked there.
 */
function onlyGrants(thing: Thing): string[] {
  const needs: readonly string[] = OWNERS_TABLES[thing.rule] ?? [];
  const wanted = wantedGrants(thing).filter((line) => {
    const [grantee, privilege = ''] = line.split(' ');
    return thing.kind !== 'table' || grantee !== groupOf('engine') || needs.includes(privilege);
  });
  return grantStatements(thing, wanted).filter((statement) => statement.startsWith('GRANT'));
}

async function run(client: Client, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return;
  try {
    // One simple query is one transaction: rights are never half of what they should be.
    await client.query(statements.join(';\n'));
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
    throw new MigrateError(forSomebodyElse(statements), { cause: error });
  }
}
