import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { managedSchemas, readThings, type Thing, wantedGrants } from '../../core/postgres/roles/grants.ts';
import { groupOf, makeRoles, OWNER } from '../../core/postgres/roles/groups.ts';
import {
  functionRule,
  INNER_FUNCTIONS,
  OPEN_FUNCTIONS,
  ROLES,
  TABLES,
  tableRule,
} from '../../core/postgres/roles/rights.ts';
import { decide } from '../../core/review/decide.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { createTestDatabase, urlOf } from '../support/postgres.ts';
import { runUmpire } from '../support/scenario-command.ts';
import { Story, tell, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');
const SCHEMAS = managedSchemas('programme');

let db: MigratedDatabase;
let logins: Logins;
let analyst: Login;
let viewer: Login;
let lead: Login;
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 200, NOW);
  logins = loginsOf(db.database, db.pool);
  analyst = await logins.add('analyst');
  viewer = await logins.add('viewer');
  lead = await logins.add('lead');
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

const NOT_ALLOWED = '42501';

/** The code of the error that this ends with; null where it went through. Nothing of it stays. */
async function codeOf(pool: Pool, sql: string, values: readonly unknown[] = []): Promise<string | null> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(sql, [...values]);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await client.query('ROLLBACK');
    client.release(true);
  }
}

const ruled = ({ kind, rule }: Thing): boolean =>
  kind === 'table' ? tableRule(rule) !== undefined : kind !== 'function' || functionRule(rule) !== undefined;

async function things(): Promise<Thing[]> {
  return readThings(db.pool, SCHEMAS);
}

describe('the catalog', () => {
  test('has no schema, table, view, sequence or function without a rule, and a rule for each', async () => {
    const { rows } = await db.pool.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...SCHEMAS].sort());
    const found = await things();
    expect(found.filter((one) => !ruled(one)).map(({ name }) => name)).toEqual([]);
    const names = new Set(found.map(({ rule }) => rule));
    expect([...Object.keys(TABLES), ...Object.keys(OPEN_FUNCTIONS)].filter((name) => !names.has(name))).toEqual([]);
    const { rows: there } = await db.pool.query(
      `SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace UNION ALL
       SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace`,
    );
    expect(there).toEqual([]);
  });

  test('belongs to a role that nobody logs in as, and grants each role what the rules say and nothing else', async () => {
    const found = await things();
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(({ owner }) => owner !== OWNER).map(({ name }) => name)).toEqual([]);
    for (const one of found.filter(({ kind }) => kind !== 'type')) {
      expect([one.name, [...one.grants].sort()]).toEqual([one.name, wantedGrants(one).sort()]);
    }
    const { rows } = await db.pool.query(
      `SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname LIKE 'umpire\\_%' ORDER BY 1`,
    );
    const group = { rolcanlogin: false, rolsuper: false, rolcreatedb: false, rolbypassrls: false };
    expect(rows).toEqual(
      [OWNER, ...ROLES.map(groupOf)].sort().map((rolname) => ({ ...group, rolname, rolcreaterole: rolname === OWNER })),
    );
  });

  test('says of a real login what the rules say: each privilege on each table, column, sequence, function and schema', async () => {
    const inherits: Readonly<Record<string, readonly string[]>> = {
      viewer: ['viewer'],
      analyst: ['viewer', 'analyst'],
      lead: ['viewer', 'analyst', 'lead'],
      admin: ['viewer', 'analyst', 'lead', 'admin'],
      engine: ['engine'],
    };
    const others = [await logins.add('admin', 'chief'), await logins.add('engine', 'worker')];
    for (const login of [viewer, analyst, lead, ...others]) {
      const groups = inherits[login.role]!.map((role) => `umpire_${role}`);
      const may = (one: Thing, privilege: string): boolean =>
        wantedGrants(one).some(
          (line) => groups.includes(line.split(' ')[0]!) && line.split(' ').slice(1).join(' ') === privilege,
        );
      for (const one of await things()) {
        const asked =
          one.kind === 'table'
            ? ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
            : { schema: ['USAGE', 'CREATE'], sequence: ['USAGE', 'SELECT', 'UPDATE'], function: ['EXECUTE'], type: [] }[
                one.kind
              ];
        for (const privilege of asked) {
          const { rows } = await db.pool.query<{ has: boolean }>(
            `SELECT has_${one.kind}_privilege($1, $2, $3) AS has`,
            [login.name, one.name, privilege],
          );
          expect([login.role, one.name, privilege, rows[0]?.has]).toEqual([
            login.role,
            one.name,
            privilege,
            may(one, privilege),
          ]);
        }
        if (one.kind !== 'table') continue;
        const { rows } = await db.pool.query<{ column: string; has: boolean }>(
          `SELECT a.attname AS column, has_column_privilege($1, a.attrelid, a.attnum, 'SELECT') AS has FROM pg_attribute AS a
           WHERE a.attrelid = $2::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
          [login.name, one.name],
        );
        for (const { column, has } of rows) {
          expect([one.name, column, has]).toEqual([
            one.name,
            column,
            may(one, 'SELECT') || may(one, `SELECT ${column}`),
          ]);
        }
      }
    }
  });

  test('closes a table, a view and a function that somebody adds without a rule, and the test above fails for them', async () => {
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SET LOCAL ROLE umpire_owner');
      await client.query('CREATE TABLE umpire.novel (secret text)');
      await client.query('CREATE VIEW umpire.novel_view AS SELECT * FROM umpire.events');
      await client.query(
        'CREATE FUNCTION umpire.novel_function() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$',
      );
      const found = (await readThings(client, SCHEMAS)).filter((one) => !ruled(one));
      expect(found.map(({ rule, grants }) => [rule, grants])).toEqual([
        ['umpire.novel_function', []],
        ['umpire.novel', []],
        ['umpire.novel_view', []],
      ]);
    } finally {
      await client.query('ROLLBACK');
      client.release(true);
    }
  });

  test('has only functions that name their search path, and definers that nobody without a role can use', async () => {
    const { rows } = await db.pool.query<{ name: string; definer: boolean; path: string | null }>(
      `SELECT n.nspname || '.' || p.proname AS name, p.prosecdef AS definer, array_to_string(p.proconfig, ',') AS path
       FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = 'umpire'`,
    );
    const definers = rows.filter(({ definer }) => definer);
    expect(definers.filter(({ path }) => path !== 'search_path=pg_catalog, pg_temp')).toEqual([]);
    // These tell callers what they are themselves, or compute from what they are given.
    const open = Object.keys(OPEN_FUNCTIONS).filter(
      (name) => !['umpire.login_role', 'umpire.is_lead', 'umpire.audit_text'].includes(name),
    );
    expect(open.filter((name) => !definers.some((one) => one.name === name))).toEqual([]);
  });
});

/** What an analyst may try with `psql`; each is to be refused as something that one has no right to. */
const TRICKS: readonly string[] = [
  ...[OWNER, 'umpire_lead', 'umpire_admin', 'umpire_engine', 'pg_read_all_data', 'pg_write_server_files'].map(
    (role) => `SET ROLE ${role}`,
  ),
  'SET SESSION AUTHORIZATION umpire_owner',
  'SET session_replication_role = replica',
  'CREATE SCHEMA mine',
  ...['umpire', 'referrals', 'auth', 'credits', 'public', 'pg_catalog'].flatMap((schema) => [
    `CREATE TABLE ${schema}.mine (x int)`,
    `CREATE FUNCTION ${schema}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  ]),
  'CREATE EXTENSION dblink',
  'CREATE LANGUAGE plperlu',
  'CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION umpire.refuse_change()',
  'CREATE TRIGGER mine BEFORE UPDATE ON referrals.review_queue FOR EACH ROW EXECUTE FUNCTION umpire.refuse_change()',
  'CREATE RULE mine AS ON UPDATE TO referrals.review_queue DO INSTEAD NOTHING',
  'CREATE POLICY mine ON referrals.review_queue USING (true)',
  'CREATE ROLE mine',
  'CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw',
  'CREATE PUBLICATION mine FOR ALL TABLES',
  'ALTER TABLE umpire.audit_log DISABLE TRIGGER ALL',
  'ALTER TABLE referrals.review_queue OWNER TO CURRENT_USER',
  'ALTER FUNCTION umpire.decide_items(jsonb, text, timestamptz) RESET search_path',
  'ALTER ROLE CURRENT_USER SUPERUSER',
  'ALTER ROLE CURRENT_USER CREATEROLE',
  'ALTER ROLE umpire_owner LOGIN',
  `ALTER ROLE umpire_admin PASSWORD 'x'`,
  'GRANT umpire_lead TO CURRENT_USER',
  'GRANT umpire_owner TO CURRENT_USER',
  'DROP TABLE umpire.audit_log',
  'DROP FUNCTION umpire.caller(text, timestamptz, text)',
  'LOCK TABLE umpire.audit_head IN ACCESS EXCLUSIVE MODE',
  'SELECT * FROM umpire.audit_head FOR UPDATE',
  'SELECT * FROM referrals.review_queue FOR UPDATE',
  `COPY referrals.review_queue TO PROGRAM 'cat'`,
  `COPY referrals.review_queue TO '/tmp/queue'`,
  `COPY referrals.review_queue FROM '/etc/passwd'`,
  'COPY umpire.decisions TO STDOUT',
  'COPY umpire.review_settings TO STDOUT',
  'COPY auth.users TO STDOUT',
  'SELECT email_verified FROM auth.users',
  'SELECT email FROM auth.users',
  'SELECT email_local FROM umpire.users',
  'SELECT * FROM auth.users',
  'SELECT second_review_salt FROM umpire.review_settings',
  'SELECT hash_key_check FROM umpire.workspace',
  `SELECT lo_import('/etc/passwd')`,
  `SELECT lo_export(1, '/tmp/x')`,
  `SELECT pg_read_file('/etc/passwd')`,
  `SELECT pg_ls_dir('.')`,
  `SELECT pg_reload_conf()`,
  'SELECT rolpassword FROM pg_authid',
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> session_user',
  `SELECT setval('umpire.dirty_generation', 1)`,
  `SELECT nextval('umpire.dirty_generation')`,
  "DO $$ BEGIN UPDATE referrals.review_queue SET status = 'approved'; END $$",
  'WITH gone AS (DELETE FROM umpire.items RETURNING 1) SELECT count(*) FROM gone',
  'EXPLAIN ANALYZE DELETE FROM umpire.items',
  'MERGE INTO referrals.review_queue AS q USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE',
  'REFRESH MATERIALIZED VIEW umpire.decisions_made',
  `COMMENT ON TABLE umpire.items IS 'x'`,
  `SECURITY LABEL ON TABLE umpire.items IS 'x'`,
];

/** There is nothing of the kind, or it takes a superuser: refused before any right of ours is looked at. */
const ALSO_REFUSED = new Set([
  NOT_ALLOWED,
  // No such extension, language, wrapper or provider; not a materialized view.
  '58P01',
  '0A000',
  '42704',
  '22023',
  '42809',
]);

describe('an analyst with psql', () => {
  test.each(TRICKS)('%s', async (sql) => {
    expect(ALSO_REFUSED).toContain(await codeOf(analyst.pool, sql));
  });

  test('changes no row of any table, and empties none', async () => {
    for (const { kind, name } of await things()) {
      if (kind !== 'table') continue;
      const { rows } = await db.pool.query<{ column: string }>(
        `SELECT quote_ident(attname) AS column FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
         AND attgenerated = '' AND attidentity <> 'a' LIMIT 1`,
        [name],
      );
      const column = rows[0]?.column ?? 'x';
      for (const sql of [
        `UPDATE ${name} SET ${column} = ${column}`,
        `DELETE FROM ${name}`,
        `INSERT INTO ${name} DEFAULT VALUES`,
        `TRUNCATE ${name} CASCADE`,
        `COPY ${name} FROM STDIN`,
      ]) {
        // A view that nothing can be written through says so first.
        const code = await codeOf(analyst.pool, sql);
        expect([sql, [NOT_ALLOWED, '42809', '55000'].includes(code ?? '')]).toEqual([sql, true]);
      }
    }
  });

  test('reads no table that is not a reviewer’s', async () => {
    for (const one of await things()) {
      if (one.kind !== 'table') continue;
      const reads = wantedGrants(one).filter((line) => /^umpire_(viewer|analyst) SELECT/.test(line));
      const { rows } = await db.pool.query<{ columns: number }>(
        'SELECT count(*)::int AS columns FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped',
        [one.name],
      );
      const isWhole = reads.some((line) => line.split(' ').length === 2);
      const readsAll = isWhole || reads.length === rows[0]?.columns;
      const code = await codeOf(analyst.pool, `SELECT * FROM ${one.name} LIMIT 1`);
      expect([one.name, code]).toEqual([one.name, readsAll ? null : NOT_ALLOWED]);
    }
  });

  test('calls no function that is the engine’s, an admin’s or an inner one', async () => {
    const { rows } = await analyst.pool.query<{ name: string; call: string }>(
      `SELECT n.nspname || '.' || p.proname AS name, format('SELECT %I.%I(%s)', n.nspname, p.proname,
         (SELECT string_agg('NULL::' || format_type(t.type, NULL), ', ' ORDER BY t.position) FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, position))) AS call
       FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
       WHERE n.nspname = 'umpire' AND p.prorettype <> 'trigger'::regtype`,
    );
    for (const { name, call } of rows) {
      const least = OPEN_FUNCTIONS[name];
      if (least === 'viewer' || least === 'analyst') continue;
      expect([name, await codeOf(analyst.pool, call)]).toEqual([name, NOT_ALLOWED]);
    }
    expect(rows.filter(({ name }) => INNER_FUNCTIONS.includes(name)).length).toBeGreaterThan(5);
  });

  test('finds nothing of a decision of somebody else’s that waits for a second analyst', async () => {
    const first = await logins.add('analyst', 'first');
    await changeSettings(db.pool, { second_review_share: 1 }, undefined);
    const { rows } = await db.pool.query<{ item: string; relationship: string }>(
      `SELECT id AS item, relationship_id AS relationship FROM referrals.review_queue WHERE status = 'pending' ORDER BY id DESC LIMIT 1`,
    );
    const { item, relationship } = rows[0]!;
    const decisionId = randomUUID();
    const call = { decisionId, itemId: item, decision: 'reject', reason: 'bonus_abuse', note: 'Canary note' } as const;
    expect(await decide(first.pool, [call])).toMatchObject([{ outcome: 'awaiting_second' }]);
    await changeSettings(db.pool, { second_review_share: 0 }, undefined);

    // Of the log a lead reads who wrote an entry, and when; of the accounts an admin that there is one.
    const named = new Set(['umpire.audit_log', 'umpire.accounts', 'umpire.review_settings']);
    const words = [decisionId, 'Canary', 'bonus_abuse', 'awaiting_second'];
    const telling = [first.name, 'second_review'];
    for (const blind of [analyst, lead, await logins.add('admin', 'blind')]) {
      const groups = ROLES.slice(0, ROLES.indexOf(blind.role) + 1).map(groupOf);
      const reads = (await things()).flatMap((one) => {
        const lines =
          one.kind === 'table'
            ? wantedGrants(one).filter((line) => groups.includes(line.split(' ')[0]!) && line.includes(' SELECT'))
            : [];
        const columns = lines.map((line) => line.split(' ')[2]);
        if (lines.length === 0) return [];
        return [
          { of: one.name, sql: `SELECT ${columns.includes(undefined) ? '*' : columns.join(', ')} FROM ${one.name}` },
        ];
      });
      expect(reads.length).toBeGreaterThan(20);
      for (const of of [
        `umpire.decisions_on('${relationship}')`,
        `umpire.record_of('${relationship}')`,
        `umpire.second_reviews(ARRAY['${item}'::uuid])`,
      ])
        reads.push({ of, sql: `SELECT * FROM ${of}` });
      for (const { of, sql } of reads.filter((read) => read.of !== 'umpire.reason_codes')) {
        const text = JSON.stringify((await blind.pool.query(sql)).rows);
        const told = named.has(of) ? words : [...words, ...telling];
        expect([blind.role, sql, told.filter((word) => text.includes(word))]).toEqual([blind.role, sql, []]);
      }
    }
    for (const knows of [first.pool, db.pool]) {
      expect((await knows.query('SELECT decision_id FROM umpire.decisions_made')).rows).toEqual([
        { decision_id: decisionId },
      ]);
    }
  });

  test('acts on behalf of nobody and by no other clock', async () => {
    const { rows } = await analyst.pool.query<{ id: string }>(
      `SELECT id FROM referrals.review_queue WHERE status = 'pending' LIMIT 1`,
    );
    const calls = JSON.stringify([
      {
        decisionId: '00000000-0000-4000-8000-000000000001',
        itemId: rows[0]?.id,
        decision: 'approve',
        reason: 'household',
      },
    ]);
    for (const [behalf, clock] of [
      ['mira', null],
      [null, NOW],
    ]) {
      expect(await codeOf(analyst.pool, 'SELECT umpire.decide_items($1, $2, $3)', [calls, behalf, clock])).toBe(
        NOT_ALLOWED,
      );
    }
    expect(await codeOf(viewer.pool, 'SELECT umpire.decide_items($1)', [calls])).toBe(NOT_ALLOWED);
    expect(await codeOf(analyst.pool, 'SELECT umpire.decide_items($1)', [calls])).toBeNull();
    const refused = await runUmpire(['queue', '--now', '2026-01-01T00:00:00Z', '--database-url', analyst.url]);
    expect(refused).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('--now is for the owner and the engine'),
    });
    const asked = [
      'decide',
      rows[0]?.id ?? '',
      'approve',
      '--reason',
      'household',
      '--as',
      'mira',
      '--database-url',
      analyst.url,
    ];
    expect(await runUmpire(asked)).toMatchObject({ exit: 1, stderr: expect.stringContaining('on behalf of others') });
  });

  test('makes no database', async () => {
    await expect(analyst.pool.query('CREATE DATABASE mine')).rejects.toMatchObject({ code: NOT_ALLOWED });
  });

  test('listens to notices, as the window does', async () => {
    expect(await codeOf(analyst.pool, 'LISTEN umpire')).toBeNull();
  });
});

const TRAPPED = 'ZZ001';
const COVERED =
  'accounts decisions items workspace review_settings reason_codes audit_head audit_log pg_roles pg_class pg_auth_members review_queue ' +
  'bonus_events referrals scores claims bulk_sessions bulk_items decision_effects known_evidence relationships balances pg_stat_activity';

/**
 * Views in the temporary schema under the names of what functions read. Whoever reads one with more rights than those of the login runs
 * a function of the login with them, which tells by an error.
 */
async function layTraps(client: { query(sql: string): Promise<unknown> }): Promise<void> {
  await client.query(`CREATE FUNCTION pg_temp.trap(x text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN IF current_user <> session_user THEN RAISE EXCEPTION 'caught' USING ERRCODE = '${TRAPPED}'; END IF; RETURN x; END $$`);
  for (const name of COVERED.split(' ')) {
    await client.query(
      `CREATE TEMP VIEW ${name} AS SELECT pg_temp.trap('x') AS login, pg_temp.trap('x') AS role, 1 AS seq`,
    );
  }
  await client.query('SET search_path = pg_temp, pg_catalog, umpire, referrals');
}

test('traps in the temporary schema and in the search path catch no function that runs with more rights', async () => {
  const { rows } = await db.pool.query<{ name: string; call: string }>(
    `SELECT n.nspname || '.' || p.proname AS name, format('SELECT * FROM %I.%I(%s)', n.nspname, p.proname,
       (SELECT string_agg(CASE t.type WHEN 'jsonb'::regtype THEN $$'[]'::jsonb$$ WHEN 'uuid[]'::regtype THEN $$'{}'::uuid[]$$ ELSE 'NULL::' || format_type(t.type, NULL) END, ', ' ORDER BY t.position)
        FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, position))) AS call
     FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname = 'umpire' AND p.prorettype <> 'trigger'::regtype`,
  );
  const admin = await logins.add('admin', 'trapper');
  // One that does fall for it shows that the traps catch.
  await db.pool.query(
    `CREATE FUNCTION umpire.careless() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN QUERY SELECT login FROM accounts; END $$;
     ALTER FUNCTION umpire.careless() OWNER TO umpire_owner; GRANT EXECUTE ON FUNCTION umpire.careless() TO umpire_viewer`,
  );
  const { rows: pending } = await db.pool.query<{ id: string; other: string }>(
    `SELECT id, lead(id) OVER (ORDER BY id) AS other FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 1`,
  );
  const decision = randomBytes(16).toString('hex');
  const decide = JSON.stringify([
    { decisionId: decision, itemId: pending[0]?.id, decision: 'reject', reason: 'account_farm' },
  ]);
  const DECIDES = `SELECT * FROM umpire.decide_items('${decide}')`;
  const undo = JSON.stringify([{ undoId: randomBytes(16).toString('hex'), decisionId: decision }]);
  for (const pool of [analyst.pool, admin.pool]) {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await layTraps(client);
      const calls = [
        ...rows.map(({ call }) => call),
        DECIDES,
        `SELECT * FROM umpire.undo_items('${undo}')`,
        `SELECT * FROM umpire.change_settings('{"undo_minutes": 11}')`,
        `SELECT * FROM umpire.decisions_made`,
        `SELECT umpire.credits_of(id) FROM auth.users LIMIT 3`,
        'SELECT * FROM umpire.careless()',
      ];
      const ends = new Map<string, string | null>();
      for (const call of calls) {
        await client.query('SAVEPOINT before');
        const code = await client.query(call).then(
          () => null,
          (error: { code?: string }) => error.code ?? 'none',
        );
        ends.set(call, code);
        await client.query('ROLLBACK TO before');
      }
      expect([...ends].filter(([, code]) => code === TRAPPED).map(([call]) => call)).toEqual([
        'SELECT * FROM umpire.careless()',
      ]);
      // Nor is it stopped by what it does not see.
      expect(ends.get(DECIDES)).toBeNull();
    } finally {
      await client.query('ROLLBACK');
      client.release(true);
    }
  }
  await db.pool.query('DROP FUNCTION umpire.careless()');
});

async function aPending(): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 1`,
  );
  return rows[0]?.id ?? '';
}

test('the engine writes what it computes, and neither the audit log nor accounts and settings', async () => {
  const engine = await logins.add('engine');
  for (const sql of [
    `UPDATE umpire.audit_log SET actor = 'x'`,
    'DELETE FROM umpire.audit_log',
    'TRUNCATE umpire.audit_log',
    `INSERT INTO umpire.audit_log SELECT * FROM umpire.audit_log`,
    'UPDATE umpire.audit_head SET seq = 0',
    `UPDATE umpire.accounts SET role = 'admin'`,
    'UPDATE umpire.review_settings SET undo_minutes = 0',
    `UPDATE umpire.reason_codes SET label = 'x'`,
    `SELECT umpire.append_audit('x', 'somebody', NULL, '{}', now())`,
    'SET ROLE umpire_owner',
  ]) {
    expect([sql, await codeOf(engine.pool, sql)]).toEqual([sql, NOT_ALLOWED]);
  }
  // The owner neither: the log is only ever appended to.
  for (const sql of [
    `UPDATE umpire.audit_log SET actor = 'x'`,
    'DELETE FROM umpire.audit_log',
    'TRUNCATE umpire.audit_log',
  ]) {
    expect([sql, await codeOf(db.pool, sql)]).toEqual([sql, NOT_ALLOWED]);
  }
  const story = new Story()
    .user('2026-02-01T10:00:00Z', 'rita', 'Rita', 'rita@first.example')
    .code('2026-02-01T11:00:00Z', 'rita', 'RITA-1')
    .user('2026-02-20T10:00:00Z', 'otto', 'Otto', 'otto@second.example')
    .registered('2026-02-20T11:00:00Z', 'otto', 'RITA-1', '198.51.100.7');
  await tell(
    engine.pool,
    story.events.map((event) => ({ ...event, id: `engine-${event.id}` })),
    NOW,
  );
  for (const args of [
    ['score', '--all'],
    ['jobs'],
    ['stats'],
    ['try-pattern', 'email_domain', 'second.example'],
    ['erase', 'otto'],
    ['verify'],
    ['decide', await aPending(), 'approve', '--reason', 'household', '--as', 'mira', '--now', '2026-03-01T21:00:00Z'],
  ]) {
    const { exit, stderr } = await runUmpire([...args, '--database-url', engine.url], {
      UMPIRE_HASH_KEY: 'a key of the tests',
    });
    expect([args, exit, stderr]).toEqual([args, 0, '']);
  }
});

test('commands say which role they take, in one line', async () => {
  const said = async (login: Login, ...args: string[]): Promise<string> => {
    const { exit, stderr } = await runUmpire([...args, '--database-url', login.url]);
    expect([args, exit]).toEqual([args, 1]);
    return stderr;
  };
  for (const args of [['verify'], ['score'], ['jobs'], ['stats'], ['erase', 'x']]) {
    expect(await said(analyst, ...args)).toBe(
      `This takes the role engine, and the login ${analyst.name} is analyst.\n`,
    );
  }
  expect(await said(analyst, 'migrate')).toBe(
    `This takes the owner of the database, and the login ${analyst.name} is analyst.\n`,
  );
  expect(await said(analyst, 'audit', 'export')).toBe(
    `This takes the role lead, and the login ${analyst.name} is analyst.\n`,
  );
  for (const { url } of [lead, await logins.add('admin', 'exporter')]) {
    const exported = await runUmpire(['audit', 'export', '--database-url', url]);
    expect([exported.exit, exported.stdout.split('\n').length > 5]).toEqual([0, true]);
  }
  const { rows: heads } = await db.pool.query<{ head: string }>(
    `SELECT seq || ':' || hash AS head FROM umpire.audit_head`,
  );
  const asked = ['verify', '--database-url', viewer.url, '--head'];
  expect(await runUmpire([...asked, heads[0]?.head ?? ''])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('All else is checked by a login of the engine.'),
  });
  expect(await runUmpire([...asked, `3:${'a'.repeat(64)}`])).toMatchObject({
    exit: 1,
    stdout: expect.stringContaining('it was cut or rewritten since'),
  });
  const queue = await runUmpire(['queue', '--json', '--database-url', viewer.url]);
  expect([queue.exit, queue.stderr]).toEqual([0, '']);
  const [item] = (JSON.parse(queue.stdout) as { items: { itemId: string }[] }).items;
  const shown = await runUmpire(['case', item?.itemId ?? '', '--database-url', viewer.url]);
  expect([shown.exit, shown.stderr]).toEqual([0, '']);
  const decided = ['decide', item?.itemId ?? '', 'approve', '--reason', 'household'];
  expect(await said(viewer, ...decided)).toBe(`This takes the role analyst, and the login ${viewer.name} is viewer.\n`);
  expect((await runUmpire([...decided, '--database-url', analyst.url])).exit).toBe(0);

  await db.pool.query(`CREATE ROLE "${logins.name('stranger')}" LOGIN PASSWORD 'test'`);
  logins.made(logins.name('stranger'));
  const { exit, stderr } = await runUmpire(['queue', '--database-url', logins.urlOf(logins.name('stranger'), 'test')]);
  expect([exit, stderr]).toEqual([1, expect.stringMatching(/has no role in Umpire in this database[^\n]*\n$/)]);
});

test.each([
  ['ALTER ROLE umpire_lead LOGIN', 'umpire_lead has LOGIN', 'ALTER ROLE umpire_lead NOLOGIN'],
  ['ALTER ROLE umpire_owner SUPERUSER', 'umpire_owner has SUPERUSER', 'ALTER ROLE umpire_owner NOSUPERUSER'],
  ['ALTER ROLE umpire_viewer BYPASSRLS', 'umpire_viewer has BYPASSRLS', 'ALTER ROLE umpire_viewer NOBYPASSRLS'],
  [
    'GRANT pg_read_all_data TO umpire_viewer',
    'umpire_viewer is a member of pg_read_all_data',
    'REVOKE pg_read_all_data FROM umpire_viewer',
  ],
  [
    'GRANT umpire_engine TO umpire_analyst',
    'umpire_analyst is a member of umpire_engine',
    'REVOKE umpire_engine FROM umpire_analyst',
  ],
  [
    'CREATE ROLE "a.stranger" LOGIN; GRANT "a.stranger" TO umpire_owner',
    'umpire_owner is a member of a.stranger',
    'REVOKE "a.stranger" FROM umpire_owner',
  ],
])('migrating refuses roles that are not as it makes them: %s', async (sql, has, remedy) => {
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(sql);
    const said = await makeRoles(client).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said).toContain(`not as Umpire makes them: ${has}. Nothing was changed.`);
    expect(said).toContain(`  ${remedy};`);
  } finally {
    await client.query('ROLLBACK');
    client.release(true);
  }
});

test('migrating minds no login whose role somebody took: one server’s databases are not in each other’s way', async () => {
  const { name } = await logins.add('analyst', 'bereft');
  await db.pool.query(`REVOKE umpire_analyst FROM "${name}" GRANTED BY umpire_owner`);
  expect(await migrate(db.pool, { key: TEST_KEY })).toEqual({ mode: 'programme', applied: [] });
});

test('reviewers see usage, purchases, sightings and credits of those alone who have a part in a reviewed referral', async () => {
  const { rows } = await db.pool.query<{ stranger: string }>(
    `SELECT u.id AS stranger FROM auth.users AS u JOIN umpire.usages AS k ON k.user_id = u.id
     WHERE NOT EXISTS (SELECT 1 FROM referrals.relationships AS r JOIN referrals.review_queue AS q ON q.relationship_id = r.id
       WHERE u.id IN (r.referrer_id, r.referee_id)) LIMIT 1`,
  );
  const stranger = rows[0]!.stranger;
  for (const table of ['usages', 'purchases', 'sightings']) {
    expect(await codeOf(analyst.pool, `SELECT user_id FROM umpire.${table}`)).toBe(NOT_ALLOWED);
    const seen = await analyst.pool.query<{ id: string }>(`SELECT DISTINCT user_id AS id FROM umpire.${table}_seen`);
    const parts = await db.pool.query<{ id: string }>(
      `SELECT DISTINCT k.user_id AS id FROM umpire.${table} AS k JOIN referrals.relationships AS r ON k.user_id IN (r.referrer_id, r.referee_id)
       JOIN referrals.review_queue AS q ON q.relationship_id = r.id`,
    );
    const ids = seen.rows.map(({ id }) => id).sort();
    expect(ids).toEqual(parts.rows.map(({ id }) => id).sort());
    expect(ids).not.toContain(stranger);
  }
  expect((await analyst.pool.query('SELECT umpire.credits_of($1) AS credits', [stranger])).rows).toEqual([
    { credits: null },
  ]);
  const people = await analyst.pool.query<{ id: string }>('SELECT id FROM umpire.people_seen');
  expect(people.rows.length).toBeGreaterThan(0);
  expect(people.rows.map(({ id }) => id)).not.toContain(stranger);
  const found = await analyst.pool.query<{ id: string }>(`SELECT umpire.found_people('%@%', NULL) AS id`);
  expect(found.rows.map(({ id }) => id).sort()).toEqual(people.rows.map(({ id }) => id).sort());
});

test('a login that may not do what the roles need is told what somebody else has to run, and then migrates', async () => {
  const database = await createTestDatabase();
  const name = logins.name('migrator');
  const url = urlOf({ ...database.connection, user: name, password: 'test' });
  const superuser = connect(database.url);
  const pool = connect(url);
  try {
    await superuser.query(`CREATE ROLE "${name}" LOGIN PASSWORD 'test'`);
    await superuser.query(`ALTER DATABASE "${database.connection.database}" OWNER TO "${name}"`);
    const refused = await migrate(pool, { key: TEST_KEY }).then(
      () => '',
      (error: Error) => error.message,
    );
    const statements = refused.split('\n').filter((line) => line.startsWith('  '));
    // PostgreSQL 15 has no more to say of it.
    expect(statements).toEqual([
      expect.stringMatching(`^  GRANT umpire_owner TO "${name}"( WITH INHERIT TRUE, SET TRUE)?;$`),
    ]);
    expect((await superuser.query(`SELECT to_regnamespace('umpire') AS umpire`)).rows).toEqual([{ umpire: null }]);

    await superuser.query(statements.join('\n'));
    expect((await migrate(pool, { key: TEST_KEY })).mode).toBe('programme');
    expect(await migrate(pool, { key: TEST_KEY })).toEqual({ mode: 'programme', applied: [] });
    const found = await readThings(superuser, SCHEMAS);
    expect(found.filter(({ owner }) => owner !== OWNER).map((one) => one.name)).toEqual([]);
    const own = loginsOf(database, pool);
    const added = await own.add('analyst', 'under');
    expect((await added.pool.query('SELECT umpire.login_role() AS role')).rows).toEqual([{ role: 'analyst' }]);
    await own.end();
  } finally {
    await pool.end();
    await superuser.end();
    await database.drop();
    logins.made(name);
  }
});
