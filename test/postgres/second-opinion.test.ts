import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BulkChoice } from '../../core/contract/bulk.ts';
import type { Decision } from '../../core/domain/decision.ts';
import type { Client } from 'pg';
import { connectAlone, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { readBulk } from '../../core/review/bulk/read.ts';
import { startBulk } from '../../core/review/bulk/start.ts';
import { decide } from '../../core/review/decide.ts';
import { claimItem } from '../../core/review/claims.ts';
import { settleOpinions } from '../../core/review/opinions.ts';
import { undo } from '../../core/review/undo.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { Collected } from '../support/collected.ts';
import { type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';

/** A database with one item that needs two analysts, and two analysts. */
type Desk = {
  readonly db: MigratedDatabase;
  readonly logins: Logins;
  readonly item: string;
  readonly ana: Pool;
  readonly ben: Pool;
  /** Ended with it. */
  readonly clients: Client[];
};

const desks: Desk[] = [];

async function open(): Promise<Desk> {
  const db = await migratedDatabase();
  const story = new Story()
    .user('2026-01-01T10:00:00Z', 'rob', 'Rob', 'rob.first@example.com')
    .code('2026-01-02T10:00:00Z', 'rob', 'ROB')
    .seen('2026-02-01T10:00:00Z', 'rob', '192.0.2.1', 'd-home')
    .user('2026-02-28T10:00:00Z', 'rae', 'Rae', 'rae@rae.example')
    .registered('2026-03-05T11:00:00Z', 'rae', 'ROB', '192.0.2.1', 'd-home');
  await tell(db.pool, story.events, new Date('2026-03-10T12:00:00Z'));
  await db.pool.query('UPDATE umpire.review_settings SET second_review_above = 0');
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue');
  const logins = loginsOf(db.database, db.pool);
  const ana = await logins.add('analyst', 'ana');
  const ben = await logins.add('analyst', 'ben');
  const desk = { db, logins, item: rows[0]!.id, ana: ana.pool, ben: ben.pool, clients: [] };
  desks.push(desk);
  return desk;
}

let desk: Desk;
beforeEach(async () => {
  desk = await open();
});
afterEach(async () => {
  const violations = [];
  for (const { db, logins, clients } of desks.splice(0)) {
    for (const client of clients) await client.end();
    violations.push(...(await verify(db.pool)));
    await logins.end();
    await db.end();
  }
  if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 1));
});

const REASONS = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' } as const;
const FIRST = '00000000-0000-4000-8000-0000000000a1';
const SECOND = '00000000-0000-4000-8000-0000000000b1';

function call(decision: Decision, decisionId: string = randomUUID(), { item } = desk) {
  return { decisionId, itemId: item, decision, reason: REASONS[decision] };
}

const DECIDE = 'SELECT d AS outcome FROM umpire.decide_items($1) AS d';

/** Decides as a program that ends before it settles. */
async function leaveBehind(pool: Pool, decision: Decision, decisionId: string): Promise<unknown> {
  const { rows } = await pool.query(DECIDE, [JSON.stringify([call(decision, decisionId)])]);
  return rows[0].outcome;
}

/** All that this login may read, but times, transactions, hashes and the names of logins. */
const READABLE = `
  SELECT format('SELECT %L AS name, to_jsonb(x) AS row FROM (SELECT %s FROM %I.%I) AS x ORDER BY 2', c.table_schema || '.' || c.table_name,
    string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position), c.table_schema, c.table_name) AS read
  FROM information_schema.columns AS c
  WHERE c.table_schema IN ('umpire', 'referrals', 'credits', 'auth') AND c.data_type NOT IN ('timestamp with time zone', 'xid8')
    AND c.column_name NOT IN ('hash', 'tx', 'login', 'created_by', 'analyst', 'actor', 'epoch')
    AND has_column_privilege(format('%I.%I', c.table_schema, c.table_name)::regclass, c.column_name, 'SELECT')
  GROUP BY c.table_schema, c.table_name ORDER BY 1`;

test.each(['approve', 'reject'] as const)('trying to %s and rolling back tells nothing of the first', async (tried) => {
  const seen = [];
  for (const first of ['approve', 'reject'] as const) {
    const at = await open();
    expect(await decide(at.ana, [call(first, FIRST, at)])).toMatchObject([{ outcome: 'awaiting_second' }]);
    const client = await at.ben.connect();
    try {
      await client.query('BEGIN');
      const { rows: reads } = await client.query<{ read: string }>(READABLE);
      expect(reads.length).toBeGreaterThan(15);
      const told: unknown[] = [];
      told.push((await client.query(DECIDE, [JSON.stringify([call(tried, SECOND, at)])])).rows);
      told.push((await client.query(DECIDE, [JSON.stringify([call('approve', SECOND, at)])])).rows);
      told.push((await client.query('SELECT * FROM umpire.settle_opinions()')).rows);
      told.push((await client.query('SELECT * FROM umpire.second_reviews(ARRAY[$1::uuid])', [at.item])).rows);
      for (const { read } of reads) told.push((await client.query(read)).rows);
      await client.query('ROLLBACK');
      seen.push(told);
    } finally {
      client.release(true);
    }
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]?.[0]).toMatchObject([{ outcome: { outcome: 'awaiting_second', status: 'pending', paid: 0 } }]);
  expect(seen[0]?.[2]).toEqual([]);
  expect(seen[0]?.[3]).toMatchObject([{ state: 'mine' }]);
});

/** All that this login may read of what may tell of a first opinion, where its rows lie included; not how far the audit log has got. */
async function everything(pool: Pool): Promise<Record<string, unknown>> {
  const { rows: reads } = await pool.query<{ name: string; read: string }>(
    `SELECT c.table_schema || '.' || c.table_name AS name, format('SELECT %s FROM %I.%I AS t ORDER BY 1',
       CASE WHEN k.relkind = 'r' AND has_table_privilege(k.oid, 'SELECT') THEN 'to_jsonb(t), t.ctid::text, t.xmin::text, t.xmax::text'
         ELSE 'to_jsonb(ROW(' || string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position) || '))' END,
       c.table_schema, c.table_name) AS read
     FROM information_schema.columns AS c
     JOIN pg_class AS k ON k.oid = format('%I.%I', c.table_schema, c.table_name)::regclass
     WHERE c.table_schema IN ('umpire', 'referrals', 'credits', 'auth') AND c.table_name NOT IN ('audit_head', 'audit_log') AND has_column_privilege(k.oid, c.column_name, 'SELECT')
     GROUP BY c.table_schema, c.table_name, k.oid, k.relkind ORDER BY 1`,
  );
  expect(reads.length).toBeGreaterThan(15);
  const told: Record<string, unknown> = {};
  for (const { name, read } of reads) told[name] = (await pool.query(read)).rows;
  for (const [name, text] of Object.entries({
    stamps: 'SELECT s.* FROM referrals.review_queue AS q, umpire.stamps(ARRAY[q.id]) AS s',
    record: 'SELECT umpire.record_of(q.relationship_id) FROM referrals.review_queue AS q',
    decisions: 'SELECT d.* FROM referrals.review_queue AS q, umpire.decisions_on(q.relationship_id) AS d',
    second: 'SELECT s.* FROM referrals.review_queue AS q, umpire.second_reviews(ARRAY[q.id]) AS s',
    window: 'SELECT * FROM umpire.window_items(now())',
    reference: 'SELECT umpire.reference_of(now()), umpire.holds_ending(now())',
  })) {
    told[name] = (await pool.query(text)).rows;
  }
  return told;
}

test('a first opinion, and taking it back, is known to whoever gave it and to nobody else', async () => {
  const lea = (await desk.logins.add('lead', 'lea')).pool;
  const others = [desk.ben, lea];
  const caches = others.map((pool) => new Collected(serverOf(pool)));
  const own = new Collected(serverOf(desk.ana));
  for (const cache of [own, ...caches]) await cache.pull();
  const hints = await connectAlone(desk.ben, 'umpire test');
  desk.clients.push(hints);
  let hinted = 0;
  hints.on('notification', () => (hinted += 1));
  await hints.query('LISTEN umpire_changed');
  await claimItem(desk.ana, desk.item, false);
  // An earlier decision of the same analyst that was taken back is seen by all, before and after.
  const earlier = randomUUID();
  await decide(desk.ana, [call('escalate', earlier)]);
  await undo(desk.ana, [{ undoId: randomUUID(), decisionId: earlier }]);
  await claimItem(desk.ana, desk.item, false);
  for (const cache of caches) await cache.pull();
  await hints.query('SELECT');
  hinted = 0;
  const before = await Promise.all(others.map(everything));
  const expectNothing = async (...of: readonly Pool[]): Promise<void> => {
    for (const pool of of) expect(await everything(pool)).toEqual(before[others.indexOf(pool)]);
    for (const cache of caches) expect(await cache.pull()).toEqual({ full: false, came: [], gone: [] });
    await hints.query('SELECT');
    expect(hinted).toBe(0);
  };

  const [{ version } = { version: null }] = await decide(desk.ana, [call('approve', FIRST)]);
  expect(version).toBe(own.heads.get(desk.item)!.version + 2);
  await expectNothing(...others);
  expect((await own.pull()).came).toEqual([desk.item]);
  expect(own.heads.get(desk.item)).toMatchObject({ secondReview: 'mine', version });
  // The same again, and another one while it waits.
  await decide(desk.ana, [call('approve', FIRST), call('approve'), call('reject')]);
  await expectNothing(...others);
  await undo(desk.ana, [{ undoId: randomUUID(), decisionId: FIRST }]);
  // Leads are told then what had no effect.
  await expectNothing(desk.ben);
  expect((await own.pull()).came).toEqual([desk.item]);
  expect(own.heads.get(desk.item)).toMatchObject({ secondReview: 'needed', version });
  await decide(desk.ana, [call('approve')]);

  // What the second analyst looked at is still what there is.
  expect(await decide(desk.ben, [{ ...call('approve'), expectedVersion: version! }])).toMatchObject([
    { outcome: 'applied', status: 'approved', message: null, version: version! + 1 },
  ]);
  expect(await serverOf(desk.ana).pull(null, () => Promise.resolve())).toMatchObject({ claims: [] });
});

test('what a program left behind is settled by the next call of the same login, for good', async () => {
  await decide(desk.ana, [call('reject', FIRST)]);
  expect(await leaveBehind(desk.ben, 'approve', SECOND)).toMatchObject({ outcome: 'awaiting_second' });
  // Another login settles nothing of it.
  await settleOpinions(desk.ana);
  const { rows } = await desk.db.pool.query('SELECT status FROM referrals.review_queue');
  expect(rows).toEqual([{ status: 'pending' }]);
  // It cannot be taken back for another one.
  const undone = await undo(desk.ben, [{ undoId: randomUUID(), decisionId: SECOND }]);
  expect(undone).toMatchObject([{ outcome: 'not_allowed', status: 'escalated' }]);
  expect(await decide(desk.ben, [call('approve', SECOND)])).toMatchObject([
    { outcome: 'conflict', status: 'escalated' },
  ]);
});

test('what a program left behind is settled by the engine, in the name of whoever gave it', async () => {
  await decide(desk.ana, [call('approve', FIRST)]);
  await leaveBehind(desk.ben, 'approve', SECOND);
  await settleOpinions(desk.db.pool);
  const { rows } = await desk.db.pool.query(
    `SELECT q.status, d.actor = $1 AS is_bens, a.actor = current_user AND a.on_behalf_of = d.actor AS is_told
     FROM umpire.decisions AS d JOIN referrals.review_queue AS q ON q.id = d.item_id
     JOIN umpire.audit_log AS a ON a.details ->> 'batch' = d.batch::text WHERE d.decision_id = $2`,
    [desk.logins.name('ben'), SECOND],
  );
  expect(rows).toEqual([{ status: 'approved', is_bens: true, is_told: true }]);
  expect(await decide(desk.ben, [call('approve', SECOND)])).toMatchObject([{ outcome: 'applied', status: 'approved' }]);
});

test('a first opinion that is withdrawn meanwhile leaves the second to be the first', async () => {
  await decide(desk.ana, [call('approve', FIRST)]);
  await leaveBehind(desk.ben, 'reject', SECOND);
  await undo(desk.ana, [{ undoId: randomUUID(), decisionId: FIRST }]);
  await settleOpinions(desk.ben);
  expect(await decide(desk.ana, [call('reject')])).toMatchObject([{ outcome: 'applied', status: 'rejected' }]);
});

test('one’s own is withdrawn within its transaction, and is one a person', async () => {
  await decide(desk.ana, [call('approve', FIRST)]);
  const client = await desk.ben.connect();
  const ask = async (decision: Decision, id: string) =>
    (await client.query(DECIDE, [JSON.stringify([call(decision, id)])])).rows[0].outcome;
  await client.query('BEGIN');
  const given = await ask('reject', SECOND);
  expect(await ask('reject', SECOND)).toEqual(given);
  expect(await ask('approve', SECOND)).toMatchObject({ outcome: 'not_allowed' });
  expect(await ask('approve', randomUUID())).toMatchObject({
    outcome: 'not_allowed',
    message: expect.stringContaining('withdraw yours first'),
  });
  const { rows } = await client.query('SELECT u FROM umpire.undo_items($1) AS u', [
    JSON.stringify([{ undoId: randomUUID(), decisionId: SECOND, note: 'no' }]),
  ]);
  expect(rows).toMatchObject([{ u: { outcome: 'applied', kind: 'withdrawal', version: given.version } }]);
  await client.query('COMMIT');
  client.release(true);
  expect(await decide(desk.ben, [call('approve')])).toMatchObject([{ outcome: 'applied', status: 'approved' }]);
});

test('what waits with one’s own second opinion is taken back as what that came to be', async () => {
  await decide(desk.ana, [call('approve', FIRST)]);
  const client = await desk.ben.connect();
  const again = randomUUID();
  await client.query('BEGIN');
  for (const id of [SECOND, again]) await client.query(DECIDE, [JSON.stringify([call('approve', id)])]);
  const { rows } = await client.query('SELECT u FROM umpire.undo_items($1) AS u', [
    JSON.stringify([{ undoId: randomUUID(), decisionId: again }]),
  ]);
  expect(rows).toMatchObject([{ u: { message: expect.stringContaining('take that one back') } }]);
  await client.query('COMMIT');
  client.release();
  await settleOpinions(desk.ben);
  expect(await undo(desk.ben, [{ undoId: randomUUID(), decisionId: again }])).toMatchObject([
    {
      outcome: 'not_allowed',
      status: 'approved',
      message: 'What counts is an earlier decision of the same analyst: take that one back.',
    },
  ]);
  expect(await undo(desk.ben, [{ undoId: randomUUID(), decisionId: SECOND }])).toMatchObject([
    { outcome: 'applied', status: 'pending' },
  ]);
});

test('a bulk session that was cut off is told what became of its opinions', async () => {
  await decide(desk.ana, [call('approve', FIRST)]);
  const sessionId = randomUUID();
  const choice: BulkChoice = { kind: 'items', itemIds: [desk.item] };
  await startBulk(desk.ben, { sessionId, choice, decision: 'approve', reason: 'household' }, new Date());
  await desk.ben.query('SELECT umpire.begin_bulk($1)', [sessionId]);
  await desk.ben.query('SELECT umpire.run_bulk($1, 500)', [sessionId]);
  expect(await readBulk(desk.ben, sessionId)).toMatchObject({
    state: 'done',
    outcomes: { awaiting_second: 1 },
    paid: 0,
  });
  await settleOpinions(desk.db.pool);
  const session = await readBulk(desk.ben, sessionId);
  expect(session?.outcomes).toEqual({ applied: 1 });
  expect(session?.paid).toBeGreaterThan(0);
});
