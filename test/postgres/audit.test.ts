import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pool } from '../../core/postgres/connection.ts';
import { CHECKS, verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { addReason, changeSettings } from '../../core/review/settings.ts';
import { undo } from '../../core/review/undo.ts';
import { score } from '../../core/engine/score.ts';
import { syncPatternKeys } from '../../core/engine/patterns/sync.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { runUmpire } from '../support/scenario-command.ts';
import { tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');

let db: MigratedDatabase;
let logins: Logins;
let analyst: Login;
let folder: string;

/** A log in which something of everything stands. */
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 200, NOW);
  logins = loginsOf(db.database, db.pool);
  analyst = await logins.add('analyst');
  folder = await mkdtemp(join(tmpdir(), 'umpire-audit-'));
  await changeSettings(db.pool, { undo_minutes: 30 }, undefined);
  const items = await pending(5);
  const calls = items.map((itemId, index) => ({
    decisionId: randomUUID(),
    itemId,
    decision: index % 2 === 0 ? ('approve' as const) : ('reject' as const),
    reason: index % 2 === 0 ? 'household' : 'account_farm',
    ...(index === 0 ? { note: 'They called.' } : {}),
  }));
  await decide(analyst.pool, calls.slice(0, 3));
  await decide(analyst.pool, calls.slice(3));
  await undo(analyst.pool, [{ undoId: randomUUID(), decisionId: calls[0]!.decisionId, note: 'Too soon.' }]);
});
afterAll(async () => {
  await logins.end();
  await db.end();
  await rm(folder, { recursive: true });
});

async function pending(most: number): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT $1`,
    [most],
  );
  return rows.map(({ id }) => id);
}

/** Of what a decision says and was made on beside its row: digests of both are in the row. */
const BESIDE = ['decision_note', 'known_evidence'];

/** What the checks of the audit say, without the other invariants. */
async function auditFaults(client: { query: PoolClient['query'] }): Promise<string[]> {
  const found: string[] = [];
  for (const { name, sql } of CHECKS.filter(
    (check) => check.name.startsWith('audit_') || BESIDE.includes(check.name),
  )) {
    const { rowCount } = await client.query(sql);
    if (rowCount !== 0) found.push(name);
  }
  return found;
}

/** Somebody with all rights who switches triggers off; nothing of it stays. */
async function tampered<Result>(work: (client: PoolClient) => Promise<Result>, pool: Pool = db.pool): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release(true);
  }
}

const OTHER: Readonly<Record<string, string>> = {
  bigint: 'coalesce(# + 1000, 1)',
  integer: 'coalesce(# + 1, 1)',
  text: `coalesce(# || 'x', 'x')`,
  uuid: 'gen_random_uuid()',
  jsonb: `coalesce(# || '{"x": 1}', '{"x": 1}')`,
  'timestamp with time zone': `# + interval '1 microsecond'`,
  fraud_severity: `CASE # WHEN 'low' THEN 'high' ELSE 'low' END::public.fraud_severity`,
};

/** But for the transactions that caches ask for: they say nothing of what was decided. */
async function columnsOf(table: string): Promise<{ column: string; other: string }[]> {
  const { rows } = await db.pool.query<{ column: string; type: string }>(
    `SELECT attname AS column, replace(format_type(atttypid, NULL), 'public.', '') AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND atttypid <> 'xid8'::regtype`,
    [table],
  );
  return rows.map(({ column, type }) => ({ column, other: OTHER[type]!.replaceAll('#', column) }));
}

test('nothing is wrong with a log that nobody touched, in which each kind of entry names who did it', async () => {
  expect(await verify(db.pool)).toEqual([]);
  const { rows } = await db.pool.query<{ kind: string; actor: string }>(
    'SELECT DISTINCT kind, actor FROM umpire.audit_log ORDER BY 1, 2',
  );
  const owner = db.database.connection.user;
  expect(rows).toEqual([
    { kind: 'account', actor: owner },
    { kind: 'decisions', actor: analyst.name },
    ...rows.filter(({ kind }) => kind === 'pattern'),
    { kind: 'rules', actor: owner },
    { kind: 'settings', actor: owner },
    { kind: 'undos', actor: analyst.name },
  ]);
  expect(rows.some(({ kind }) => kind === 'pattern')).toBe(true);
});

describe('whoever has all rights and switches triggers off', () => {
  test('edits no column of any entry unseen', async () => {
    const { rows } = await db.pool.query<{ seq: string }>('SELECT seq FROM umpire.audit_log ORDER BY seq');
    expect(rows.length).toBeGreaterThan(6);
    for (const { seq } of rows) {
      for (const { column, other } of await columnsOf('umpire.audit_log')) {
        const faults = await tampered(async (client) => {
          const { rowCount } = await client.query(`UPDATE umpire.audit_log SET ${column} = ${other} WHERE seq = $1`, [
            seq,
          ]);
          expect(rowCount).toBe(1);
          return auditFaults(client);
        });
        expect([seq, column, faults.length > 0]).toEqual([seq, column, true]);
      }
    }
  });

  test('removes no entry unseen, adds none and swaps no two', async () => {
    const { rows } = await db.pool.query<{ seq: number }>('SELECT seq::int FROM umpire.audit_log ORDER BY seq');
    const last = rows.at(-1)!.seq;
    const swap = (a: number, b: number): string[] => [
      `UPDATE umpire.audit_log SET seq = -1 WHERE seq = ${a}`,
      `UPDATE umpire.audit_log SET seq = ${a} WHERE seq = ${b}`,
      `UPDATE umpire.audit_log SET seq = ${b} WHERE seq = -1`,
    ];
    const insert = (seq: string): string[] => [
      `INSERT INTO umpire.audit_log SELECT ${seq}, at, actor, on_behalf_of, kind, details, hash,
         umpire.audit_hash(hash, ${seq}, at, actor, on_behalf_of, kind, details) FROM umpire.audit_log WHERE seq = ${last}`,
    ];
    const tricks = [
      ...rows.map(({ seq }) => [`DELETE FROM umpire.audit_log WHERE seq = ${seq}`]),
      ...rows.flatMap(({ seq }) => rows.filter((other) => other.seq > seq).map((other) => swap(seq, other.seq))),
      ...rows.slice(0, -1).map(({ seq }) => [
        // A gap is closed by moving up what follows.
        `DELETE FROM umpire.audit_log WHERE seq = ${seq}`,
        `UPDATE umpire.audit_log SET seq = -seq WHERE seq > ${seq}`,
        `UPDATE umpire.audit_log SET seq = -seq - 1 WHERE seq < 0`,
      ]),
      ...rows.map(({ seq }) => [
        `UPDATE umpire.audit_log SET seq = -seq WHERE seq >= ${seq}`,
        'UPDATE umpire.audit_log SET seq = -seq + 1 WHERE seq < 0',
        ...insert(String(seq)).map((sql) => sql.replace(`seq = ${last}`, `seq = ${last + 1}`)),
      ]),
      insert('0'),
      insert('-5'),
      insert(String(last + 1)),
      insert(String(last + 7)),
      ['DELETE FROM umpire.audit_log'],
      ['DELETE FROM umpire.audit_head'],
      [`UPDATE umpire.audit_head SET seq = seq + 1`],
      [`UPDATE umpire.audit_head SET seq = seq - 1`],
      [`UPDATE umpire.audit_head SET hash = repeat('0', 64)`],
    ];
    for (const statements of tricks) {
      const faults = await tampered(async (client) => {
        for (const sql of statements) await client.query(sql);
        return auditFaults(client);
      });
      expect([statements, faults.length > 0]).toEqual([statements, true]);
    }
  });

  test('edits, removes and adds no decision unseen', async () => {
    const { rows } = await db.pool.query<{ id: string }>('SELECT decision_id AS id FROM umpire.decisions ORDER BY 1');
    expect(rows.length).toBe(6);
    // Told by later rows, or kept for an undo: other checks look at them.
    const later = ['undone_by', 'proposal', 'closed_by', 'log_position'];
    const columns = (await columnsOf('umpire.decisions')).filter(({ column }) => !later.includes(column));
    expect(columns.length).toBeGreaterThan(15);
    for (const { id } of rows) {
      for (const { column, other } of columns) {
        const faults = await tampered(async (client) => {
          await client.query(
            'ALTER TABLE umpire.decisions DROP CONSTRAINT decisions_decision_check, DROP CONSTRAINT decisions_undo_kind_check',
          );
          await client.query(`UPDATE umpire.decisions SET ${column} = ${other} WHERE decision_id = $1`, [id]);
          return auditFaults(client);
        });
        // A salt of no note is no part of anything.
        if (column === 'note_salt' && faults.length === 0) continue;
        expect([id, column, faults.length > 0]).toEqual([id, column, true]);
      }
      for (const sql of [
        `DELETE FROM umpire.decisions WHERE decision_id = '${id}'`,
        `INSERT INTO umpire.decisions SELECT (jsonb_populate_record(d, '{"decision_id": "${randomUUID()}", "undoes": null, "undo_kind": null}')).* FROM umpire.decisions AS d WHERE decision_id = '${id}'`,
        `INSERT INTO umpire.decisions SELECT (jsonb_populate_record(d, '{"decision_id": "${randomUUID()}", "batch": "${randomUUID()}", "undoes": null, "undo_kind": null}')).* FROM umpire.decisions AS d WHERE decision_id = '${id}'`,
        `UPDATE umpire.known_evidence SET signals = '[]' WHERE digest = (SELECT evidence_digest FROM umpire.decisions WHERE decision_id = '${id}')`,
      ]) {
        const faults = await tampered(async (client) => {
          const { rowCount } = await client.query(sql);
          return rowCount === 0 ? ['nothing'] : auditFaults(client);
        });
        expect([sql, faults.length > 0]).toEqual([sql, true]);
      }
    }
    await tampered(async (client) => {
      await client.query(`UPDATE umpire.rule_sets SET points = points || '{"same_ip": 1}'`);
      expect(await auditFaults(client)).toEqual(['audit_rules']);
    });
  });
});

test('a decision in a name that its entry in the log does not bear is found', async () => {
  await tampered(async (client) => {
    await client.query('SET LOCAL session_replication_role = origin');
    const batch = randomUUID();
    // As whoever has the engine's rights could: a row in an analyst's name, and an entry with the right digest.
    await client.query(
      `INSERT INTO umpire.decisions SELECT (jsonb_populate_record(d, jsonb_build_object('decision_id', gen_random_uuid(), 'batch', $1::uuid)))
       .* FROM umpire.decisions AS d WHERE d.actor = $2 AND d.decision <> 'undo' AND d.undone_by IS NULL LIMIT 1`,
      [batch, analyst.name],
    );
    await client.query(
      `SELECT umpire.append_audit('decisions', session_user, NULL, jsonb_build_object('batch', $1::uuid, 'items', 1, 'digest', umpire.decisions_digest($1::uuid)), now())`,
      [batch],
    );
    expect(await auditFaults(client)).toEqual(['audit_actor']);
  });
});

test('decisions go with a referral that is deleted, which the log says, and with none that is there', async () => {
  const client = await db.pool.connect();
  try {
    for (const [sql, faults] of [
      [
        'DELETE FROM referrals.relationships WHERE id = (SELECT relationship_id FROM umpire.decisions ORDER BY decision_id LIMIT 1)',
        [],
      ],
      ['DELETE FROM referrals.relationships WHERE id IN (SELECT relationship_id FROM umpire.decisions)', []],
      [
        `DELETE FROM umpire.decisions WHERE decision_id = (SELECT min(decision_id::text)::uuid FROM umpire.decisions)`,
        ['audit_forgotten'],
      ],
    ] as const) {
      await client.query('BEGIN');
      expect((await client.query(sql)).rowCount).toBeGreaterThan(0);
      await client.query('SET CONSTRAINTS ALL IMMEDIATE');
      expect([sql, await auditFaults(client)]).toEqual([sql, faults]);
      const { rows } = await client.query(`SELECT DISTINCT actor FROM umpire.audit_log WHERE kind = 'forgotten'`);
      expect(rows).toEqual([{ actor: db.database.connection.user }]);
      await client.query('ROLLBACK');
    }
  } finally {
    client.release(true);
  }
});

test('eight writers at once, each in transactions of its own kind, keep one chain', async () => {
  const items = await pending(24);
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let round = 0; round < 12; round += 1) {
      switch ((writer + round) % 4) {
        case 0:
          await changeSettings(db.pool, { claim_minutes: 1 + ((writer * 12 + round) % 60) }, undefined);
          break;
        case 1:
          await addReason(db.pool, { code: `r_${writer}_${round}`, label: 'More', decision: 'approve' }, undefined);
          break;
        case 2: {
          const itemId = items[(writer * 3 + round) % items.length]!;
          await decide(db.pool, [{ decisionId: randomUUID(), itemId, decision: 'reject', reason: 'account_farm' }]);
          break;
        }
        default:
          await db.pool.query(
            `INSERT INTO umpire.rule_sets (version, points, thresholds) SELECT $1, points, thresholds FROM umpire.rule_sets WHERE version = 1`,
            [1000 + writer * 100 + round],
          );
      }
    }
  });
  await Promise.all(writers);
  const { rows } = await db.pool.query('SELECT count(*)::int AS entries, max(seq)::int AS last FROM umpire.audit_log');
  expect(rows[0].entries).toBe(rows[0].last);
  expect(rows[0].entries).toBeGreaterThan(90);
  expect(await auditFaults(db.pool as unknown as PoolClient)).toEqual([]);
  await db.pool.query('DELETE FROM umpire.rule_sets WHERE version > 1');
  expect(await auditFaults(db.pool as unknown as PoolClient)).toEqual([]);
});

test('a pattern that somebody changes by SQL is in the log once it is noticed, and nothing of what it looks for', async () => {
  const patterns = async (): Promise<unknown[]> =>
    (
      await db.pool.query(`SELECT details FROM umpire.audit_log WHERE kind = 'pattern' ORDER BY seq DESC LIMIT 1`)
    ).rows.map(({ details }) => details);
  const { rows } = await db.pool.query<{ id: string }>(
    `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, severity, score_impact, is_active) VALUES ('ip_range', '203.0.113.77', 'high', 40, true) RETURNING id`,
  );
  const notice = async (): Promise<void> => {
    await syncPatternKeys(db.pool, TEST_KEY);
    await score(db.pool, { now: NOW });
  };
  await notice();
  const told = {
    pattern: rows[0]?.id,
    type: 'ip_range',
    severity: 'high',
    points: 40,
    active: true,
    otherValue: false,
  };
  expect(await patterns()).toEqual([{ ...told, change: 'created' }]);
  await db.pool.query(
    `UPDATE referrals.fraud_patterns SET pattern_value = '203.0.113.78', is_active = false WHERE id = $1`,
    [rows[0]?.id],
  );
  await notice();
  expect(await patterns()).toEqual([{ ...told, change: 'changed', active: false, otherValue: true }]);
  await db.pool.query('DELETE FROM referrals.fraud_patterns WHERE id = $1', [rows[0]?.id]);
  await notice();
  expect(await patterns()).toEqual([{ pattern: rows[0]?.id, change: 'deleted', otherValue: false }]);
  const { rows: all } = await db.pool.query(`SELECT string_agg(l::text, '') AS text FROM umpire.audit_log AS l`);
  expect(all[0].text).not.toMatch(/203\.0\.113|@|They called|Too soon/);
});

/** Cuts the log behind this entry, and goes on with others in a chain that holds. */
async function rewrite(from: number, entries: number): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query('DELETE FROM umpire.audit_log WHERE seq > $1', [from]);
    await client.query(
      'UPDATE umpire.audit_head AS h SET seq = l.seq, hash = l.hash FROM umpire.audit_log AS l WHERE l.seq = $1',
      [from],
    );
    for (let index = 0; index < entries; index += 1) {
      await client.query(`SELECT umpire.append_audit('settings', session_user, NULL, '{"forged": true}', now())`);
    }
    await client.query('COMMIT');
  } finally {
    client.release(true);
  }
}

describe('the command line', () => {
  const umpire = (...args: string[]): ReturnType<typeof runUmpire> =>
    runUmpire([...args, '--database-url', db.database.url]);
  const offline = (...args: string[]): ReturnType<typeof runUmpire> => runUmpire(['audit', 'check', ...args]);

  test('exports the log to a file that is checked without a database; what is changed in it is told by line', async () => {
    const file = join(folder, 'audit.jsonl');
    const exported = await umpire('audit', 'export', file, '--json');
    expect([exported.exit, exported.stderr]).toEqual([0, '']);
    const { entries } = JSON.parse(exported.stdout) as { entries: number };
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(entries);
    expect((await umpire('audit', 'export')).stdout).toBe(await readFile(file, 'utf8'));
    expect(await umpire('audit', 'export', file)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('exists already'),
    });

    const head = JSON.parse((await umpire('verify', '--json')).stdout).head as string;
    expect(await offline(file, '--head', head)).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(`Head ${head}`),
    });
    expect((await offline(file, '--head', `7:${'a'.repeat(64)}`)).exit).toBe(1);

    const part = join(folder, 'part.jsonl');
    await umpire('audit', 'export', part, '--from', '3', '--to', '6');
    expect(await offline(part)).toMatchObject({ exit: 0, stdout: expect.stringContaining('4 entries, 3 to 6') });

    const altered = join(folder, 'altered.jsonl');
    const alter = async (changed: readonly string[]): Promise<string> => {
      await writeFile(altered, `${changed.join('\n')}\n`);
      const { exit, stdout } = await offline(altered);
      expect(exit).toBe(1);
      return stdout;
    };
    const second = JSON.parse(lines[1]!) as { [field: string]: unknown };
    const fields: { [field: string]: unknown } = {
      actor: 'x',
      kind: 'x',
      details: {},
      at: '2026-01-01T00:00:00.000001Z',
      onBehalfOf: 'x',
      hashed: '[]',
      hash: 'b'.repeat(64),
      previous: 'c'.repeat(64),
    };
    for (const [field, value] of Object.entries(fields)) {
      expect(await alter(lines.with(1, JSON.stringify({ ...second, [field]: value })))).toContain('line 2 ');
    }
    expect(await alter(lines.toSpliced(2, 1))).toContain('line 3 is number 4 where 3 belongs');
    expect(await alter(lines.toSpliced(2, 0, lines[2]!))).toContain('line 4 is number 3 where 4 belongs');
    expect(await alter(lines.toSpliced(2, 0, 'no JSON'))).toContain('line 3 is no entry');
    expect((await offline(join(folder, 'nothing'))).exit).toBe(2);
  });

  test('finds a log that was cut or rewritten since a head was told, which nothing else would', async () => {
    const told = JSON.parse((await umpire('verify', '--json')).stdout) as { head: string; violations: unknown[] };
    expect(told.violations).toEqual([]);
    await changeSettings(db.pool, { undo_minutes: 11 }, undefined);
    const now = await umpire('verify', '--head', told.head);
    expect([now.exit, now.stdout]).toEqual([0, expect.stringContaining('Audit head ')]);
    expect(now.stdout).not.toContain(told.head);

    const seq = Number(told.head.split(':')[0]);
    // The last entries are of patterns: no decision is missed when they go.
    await rewrite(seq - 1, 0);
    expect((await umpire('verify')).exit).toBe(0);
    expect(await umpire('verify', '--head', told.head)).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('it was cut since'),
    });
    await rewrite(seq - 1, 3);
    expect((await umpire('verify')).exit).toBe(0);
    expect(await umpire('verify', '--head', told.head)).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('it was rewritten since'),
    });
    expect((await umpire('verify', '--head', 'nonsense')).exit).toBe(2);
  });
});
