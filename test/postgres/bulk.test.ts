import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BulkChoice, type BulkSession, bulkPreview, bulkSession } from '../../core/contract/bulk.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { score } from '../../core/engine/score.ts';
import { inTransaction, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { previewBulk } from '../../core/review/bulk/preview.ts';
import { bulkItemsPage, listBulk, readBulk } from '../../core/review/bulk/read.ts';
import { bulkReport } from '../../core/review/bulk/report.ts';
import { ringOf } from '../../core/review/bulk/ring.ts';
import { cancelBulk, pauseBulk, runBulk, undoBulk } from '../../core/review/bulk/run.ts';
import { freeze, startBulk } from '../../core/review/bulk/start.ts';
import { claimItem } from '../../core/review/claims.ts';
import { decide } from '../../core/review/decide.ts';
import { undo } from '../../core/review/undo.ts';
import { analysts } from '../support/analysts.ts';
import { demoDatabase } from '../support/demo-database.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

let db: MigratedDatabase;
let pool: Pool;

beforeEach(async () => {
  db = await demoDatabase(1500, NOW);
  ({ pool } = db);
});
afterEach(() => db.end());

const by = { now: NOW };
const filter = (fields: object = {}): BulkChoice => ({ kind: 'filter', filter: queueFilter.parse(fields) });

async function start(
  choice: BulkChoice,
  more: { decision?: 'approve' | 'reject'; reason?: string } = {},
): Promise<string> {
  const sessionId = randomUUID();
  await startBulk(pool, { sessionId, choice, decision: 'approve', reason: 'false_positive', ...more }, NOW, by);
  return sessionId;
}

async function read(sessionId: string): Promise<BulkSession> {
  const session = bulkSession.parse(await readBulk(pool, sessionId));
  return session;
}

async function openIds(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

test('a preview is what the run then does', async () => {
  for (const [decision, reason] of [
    ['reject', 'account_farm'],
    ['approve', 'false_positive'],
  ] as const) {
    const sessionId = await start(filter({ priorities: decision === 'reject' ? ['critical'] : [] }), {
      decision,
      reason,
    });
    const seen = bulkPreview.parse(await previewBulk(pool, sessionId, NOW, { ...by, batch: 7 }));
    expect(await read(sessionId)).toMatchObject({ state: 'ready', settled: 0, outcomes: {} });
    const done = await runBulk(pool, sessionId, { ...by, batch: 7 });
    expect(done).toMatchObject({
      state: 'done',
      items: seen.items,
      settled: seen.items,
      outcomes: { applied: seen.willDecide },
      paid: seen.paid,
      rejected: seen.rejected,
      reversed: seen.reversed,
    });
    expect(seen.willDecide).toBeGreaterThan(10);
    expect(seen.paid + seen.rejected).toBeGreaterThan(0);
  }
  expect(await openIds()).toEqual([]);
  expect(await verify(pool)).toEqual([]);
});

test('the choice is frozen: what comes later is not in it, and what was raised since is returned', async () => {
  const sessionId = await start(filter({ priorities: ['high'] }));
  const frozen = (await read(sessionId)).items;
  const [raised, decided] = (await bulkItemsPage(pool, { sessionId, offset: 0, limit: 2 }, NOW)).rows;
  if (raised === undefined || decided === undefined) throw new Error('too few items');
  // A critical item becomes a high one, one of the session rises, and one is decided otherwise.
  await pool.query(
    `UPDATE referrals.review_queue SET priority = 'high' WHERE id = (SELECT id FROM referrals.review_queue WHERE priority = 'critical' LIMIT 1)`,
  );
  await pool.query('UPDATE umpire.items SET version = version + 1, raised_version = version + 1 WHERE item_id = $1', [
    raised.row.itemId,
  ]);
  await decide(
    pool,
    [{ decisionId: randomUUID(), itemId: decided.row.itemId, decision: 'reject', reason: 'account_farm' }],
    by,
  );
  const preview = await previewBulk(pool, sessionId, NOW, by);
  expect(preview).toMatchObject({ items: frozen, willDecide: frozen - 2 });
  expect(preview.skips).toEqual([
    { reason: 'Decided differently already', items: 1 },
    { reason: 'Its band rose since it was chosen', items: 1 },
  ]);
  const done = await runBulk(pool, sessionId, by);
  expect(done).toMatchObject({ items: frozen, outcomes: { applied: frozen - 2, returned: 1, conflict: 1 } });
  const { rows } = await bulkItemsPage(pool, { sessionId, offset: 0, limit: 2 }, NOW);
  expect(rows.map(({ outcome, message }) => [outcome, message])).toEqual([
    ['returned', expect.stringContaining('look again')],
    ['conflict', expect.stringContaining('rejected')],
  ]);
});

test('what somebody decided and took back since is returned, as the preview says', async () => {
  const sessionId = await start(filter({ priorities: ['high'] }));
  const [first] = (await bulkItemsPage(pool, { sessionId, offset: 0, limit: 1 }, NOW)).rows;
  const decisionId = randomUUID();
  const other = { ...by, onBehalfOf: 'olga' };
  await decide(
    pool,
    [{ decisionId, itemId: first?.row.itemId ?? '', decision: 'reject', reason: 'account_farm' }],
    other,
  );
  expect(await undo(pool, [{ undoId: randomUUID(), decisionId }], other)).toMatchObject([{ outcome: 'applied' }]);
  expect((await previewBulk(pool, sessionId, NOW, by)).skips).toEqual([
    { reason: 'Decided and taken back since it was chosen', items: 1 },
  ]);
  expect(await runBulk(pool, sessionId, by)).toMatchObject({ outcomes: { returned: 1 } });
});

test('the same start again is the same session, whatever matches by then; its id is not taken for another', async () => {
  const sessionId = randomUUID();
  const asked = { sessionId, choice: filter(), decision: 'approve', reason: 'false_positive' } as const;
  await startBulk(pool, asked, NOW, by);
  const before = await read(sessionId);
  await runBulk(pool, sessionId, by);
  await startBulk(pool, asked, NOW, by);
  expect(await read(sessionId)).toMatchObject({ items: before.items, state: 'done' });
  await expect(startBulk(pool, { ...asked, note: 'another' }, NOW, by)).rejects.toThrow('used before');
  await expect(startBulk(pool, { ...asked, sessionId: randomUUID() }, NOW, by)).rejects.toThrow('Nothing');
  await expect(start(filter({ statuses: [] }), { reason: 'account_farm' })).rejects.toThrow('reason');
});

test('what is too much, or cannot be decided, is refused in words before anything is stored', async () => {
  const bulk = (items: string, decision: string, reason: string, note: number, chosenBy: number) =>
    pool.query(
      `SELECT umpire.start_bulk(gen_random_uuid(), ${items}, false, $1, $2, repeat('n', $3), repeat('c', $4), 'asked')`,
      [decision, reason, note, chosenBy],
    );
  const [one] = await openIds();
  const item = `jsonb_build_array(jsonb_build_object('itemId', '${one}'))`;
  const many = `(SELECT jsonb_agg(jsonb_build_object('itemId', gen_random_uuid())) FROM generate_series(1, 10001))`;
  await expect(bulk(many, 'approve', 'false_positive', 0, 1)).rejects.toThrow('at most 10,000 items');
  await expect(bulk(item, 'approve', 'false_positive', 4001, 1)).rejects.toThrow('at most 4,000 characters');
  await expect(bulk(item, 'approve', 'false_positive', 0, 501)).rejects.toThrow('at most 500 characters');
  await expect(bulk(item, 'approve', 'account_farm', 0, 1)).rejects.toThrow('not one for this decision');
  await expect(bulk(`'{}'::jsonb`, 'approve', 'false_positive', 0, 1)).rejects.toThrow('as an array');
  await pool.query(`UPDATE umpire.reason_codes SET is_active = false WHERE code = 'false_positive'`);
  await expect(bulk(item, 'approve', 'false_positive', 0, 1)).rejects.toThrow('not one for this decision');
  expect((await pool.query('SELECT 1 FROM umpire.bulk_sessions')).rows).toEqual([]);
  expect((await pool.query('SELECT umpire.claim_first(NULL) AS claim')).rows).toEqual([{ claim: null }]);
});

test('what another works on is left to them; one’s own claims do not stand in the way', async () => {
  const team = await analysts(db);
  try {
    const mira = await team.login('mira');
    const [first, second] = await openIds();
    if (first === undefined || second === undefined) throw new Error('too few items');
    await claimItem(mira, first, false);
    await claimItem(pool, second, false);
    const sessionId = await start({ kind: 'items', itemIds: [first, second] });
    const preview = await previewBulk(pool, sessionId, NOW, by);
    expect(preview.skips).toEqual([{ reason: `${team.name('mira')} is working on it`, items: 1 }]);
    const done = await runBulk(pool, sessionId, by);
    expect(done.outcomes).toEqual({ applied: 1, not_allowed: 1 });
    const { rows } = await bulkItemsPage(pool, { sessionId, offset: 0, limit: 2 }, NOW);
    expect(rows[0]).toMatchObject({ outcome: 'not_allowed', message: `${team.name('mira')} is working on it.` });
    expect(await openIds()).toContain(first);
  } finally {
    await team.end();
  }
});

test('paused after the batch at hand, resumed where it stood, and cancelled for good', async () => {
  const sessionId = await start(filter());
  const { items } = await read(sessionId);
  const stop = new AbortController();
  const paused = await runBulk(pool, sessionId, {
    ...by,
    batch: 5,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(paused).toMatchObject({ state: 'paused', settled: 5, outcomes: { applied: 5 } });

  // Somebody else's pause is noticed by whoever runs it.
  let batches = 0;
  const pausing: Promise<void>[] = [];
  const again = await runBulk(pool, sessionId, {
    ...by,
    batch: 5,
    onProgress: () => {
      batches += 1;
      if (batches === 2) pausing.push(pauseBulk(pool, sessionId));
    },
  });
  await Promise.all(pausing);
  expect(again.state).toBe('paused');
  expect(again.settled).toBeLessThan(items);

  await cancelBulk(pool, sessionId, by);
  const cancelled = await read(sessionId);
  expect(cancelled).toMatchObject({ state: 'cancelled', settled: again.settled, finishedAt: NOW.toISOString() });
  await expect(runBulk(pool, sessionId, by)).rejects.toThrow('cancelled');
  expect(await openIds()).toHaveLength(items - again.settled);
});

test('two who run the same session decide each item once between them', async () => {
  const sessionId = await start(filter());
  const runs = await Promise.all([1, 2].map(() => runBulk(pool, sessionId, { ...by, batch: 3 })));
  const { items } = await read(sessionId);
  expect(runs.map(({ state }) => state)).toEqual(['done', 'done']);
  expect((await read(sessionId)).outcomes).toEqual({ applied: items });
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM umpire.decisions');
  expect(rows).toEqual([{ n: items }]);
  expect(await verify(pool)).toEqual([]);
});

test('sessions are listed newest first; of others’ only leads see what may still be undecided', async () => {
  const team = await analysts(db);
  try {
    const [mira, noor, lead] = [await team.login('mira'), await team.login('noor'), await team.login('lena', 'lead')];
    const sessionId = randomUUID();
    const asked = { sessionId, choice: filter(), decision: 'approve', reason: 'false_positive' } as const;
    await startBulk(mira, asked, NOW);
    expect(await listBulk(mira)).toMatchObject([{ sessionId, startedBy: team.name('mira'), isMine: true }]);
    expect(await listBulk(lead)).toMatchObject([{ sessionId, isMine: true }]);
    expect(await listBulk(noor)).toEqual([]);
    await expect(runBulk(noor, sessionId)).rejects.toMatchObject({ code: '42501' });
    await expect(previewBulk(noor, sessionId, NOW)).rejects.toThrow('no bulk session');
    // Another clock or another name is for owner and engine.
    await expect(runBulk(mira, sessionId, { now: NOW })).rejects.toMatchObject({ code: '42501' });
    await runBulk(mira, sessionId);
    expect(await listBulk(noor)).toMatchObject([{ sessionId, state: 'done', isMine: false }]);
    await expect(
      startBulk(await team.login('vera', 'viewer'), { ...asked, sessionId: randomUUID() }, NOW),
    ).rejects.toMatchObject({
      code: '42501',
    });
  } finally {
    await team.end();
  }
});

test('the report is CSV that no spreadsheet runs', async () => {
  const sessionId = randomUUID();
  const choice = filter({ priorities: ['critical'] });
  const note = '=HYPERLINK("http://x")\nsecond, line';
  await startBulk(pool, { sessionId, choice, decision: 'reject', reason: 'account_farm', note }, NOW, by);
  const done = await runBulk(pool, sessionId, by);
  const csv = await bulkReport(pool, sessionId);
  const cell = `"'=HYPERLINK(""http://x"")\nsecond, line"`;
  const lines = csv.replaceAll(cell, 'NOTE').split('\r\n');
  expect(lines[0]).toBe(
    'position,item,decision,reason,note,outcome,message,paid,rejected,taken_back,undone,decision_id',
  );
  expect(lines).toHaveLength(done.items + 2);
  expect(lines.at(-1)).toBe('');
  expect(lines[1]).toMatch(/^1,[0-9a-f-]{36},reject,account_farm,NOTE,applied,,0,\d+,\d+,no,[0-9a-f-]{36}$/);
  const rejected = lines.slice(1, -1).reduce((sum, line) => sum + Number(line.split(',')[8]), 0);
  expect(rejected).toBe(done.rejected);
});

test('a ring is what hangs together by devices, addresses and referrers; a crowded address connects nobody', async () => {
  const own = await migratedDatabase();
  try {
    const story = new Story();
    const at = (minute: number): string => new Date(Date.parse('2026-09-20T00:00:00Z') + minute * 60_000).toISOString();
    const pair = (name: string, ip: string, device: string, minute: number): void => {
      story
        .user(at(-9999), `${name}r`, name, `${name}.${name}@${name}.example`)
        .code(at(-9000), `${name}r`, name.toUpperCase())
        .seen(at(-5000), `${name}r`, ip, device)
        .user(at(minute - 60), `${name}e`, name, `other.${name}@${name}2.example`)
        .registered(at(minute), `${name}e`, name.toUpperCase(), ip, device);
    };
    // Two pairs on one tablet, one pair at the address of the second, one alone, and one with it at a campus.
    pair('anna', '192.0.2.1', 'tablet', 100);
    pair('berta', '192.0.2.2', 'tablet', 200);
    pair('clara', '192.0.2.2', 'phone', 300);
    pair('doris', '192.0.2.9', 'laptop', 400);
    pair('erika', '203.0.113.1', 'case e', 500);
    pair('frida', '203.0.113.1', 'case f', 600);
    for (let guest = 0; guest < 60; guest += 1) {
      story
        .user(at(-9999), `guest${guest}`, `Guest ${guest}`, `guest${guest}@campus.example`)
        .seen(at(0), `guest${guest}`, '203.0.113.1');
    }
    await tell(own.pool, story.events, NOW);
    const { rows } = await own.pool.query<{ id: string; referee: string }>(
      `SELECT q.id, r.referee_id AS referee FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id WHERE q.status = 'pending'`,
    );
    const itemOf = new Map(rows.map(({ id, referee }) => [referee, id]));
    const ring = async (of: string): Promise<string[]> => {
      const found = await ringOf(own.pool, itemOf.get(of) ?? '');
      return rows
        .filter(({ id }) => found.includes(id))
        .map(({ referee }) => referee)
        .sort();
    };
    expect(itemOf.size).toBe(6);
    expect(await ring('annae')).toEqual(['annae', 'bertae', 'clarae']);
    expect(await ring('dorise')).toEqual(['dorise']);
    expect(await ring('erikae')).toEqual(['erikae']);
    expect(await ringOf(own.pool, randomUUID())).toEqual([]);
  } finally {
    await own.end();
  }
});

/** Credits of everybody, and what stands in the queue. */
async function standing(): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT (SELECT jsonb_object_agg(user_id, balance + free_credits_remaining) FROM credits.balances WHERE balance + free_credits_remaining <> 0) AS credits,
       (SELECT jsonb_agg(jsonb_build_array(id, status, assigned_to, notes, reviewed_at) ORDER BY id) FROM referrals.review_queue) AS queue,
       (SELECT jsonb_agg(jsonb_build_array(id, status, hold_reason, hold_until, credits_final) ORDER BY id) FROM referrals.bonus_events) AS bonuses,
       (SELECT jsonb_agg(jsonb_build_array(id, is_flagged) ORDER BY id) FROM referrals.relationships) AS flags`,
  );
  return rows[0];
}

test.each([
  ['approve', 'false_positive'],
  ['reject', 'account_farm'],
] as const)('undone as a whole: %s', async (decision, reason) => {
  const before = await standing();
  const sessionId = await start(filter(), { decision, reason });
  const done = await runBulk(pool, sessionId, { ...by, batch: 20 });
  expect(done.outcomes).toEqual({ applied: done.items });
  expect(await standing()).not.toEqual(before);
  const seen: number[] = [];
  const undone = await undoBulk(pool, sessionId, {
    now: later(5),
    batch: 20,
    onProgress: ({ settled }) => seen.push(settled),
  });
  expect(undone).toMatchObject({ state: 'undone', settled: done.items, outcomes: { applied: done.items } });
  expect(seen.length).toBeGreaterThan(2);
  await score(pool, { now: later(6) });
  expect(await standing()).toEqual(before);
  expect(await verify(pool)).toEqual([]);
  const { rows } = await bulkItemsPage(pool, { sessionId, offset: 0, limit: 500 }, NOW);
  expect(rows.every(({ undone: taken, outcome }) => taken && outcome === 'applied')).toBe(true);
  // Once more changes nothing.
  expect(await undoBulk(pool, sessionId, { now: later(7) })).toEqual(undone);
});

test('its maker may undo it for a while after it finished, whenever its items were decided; a lead later too', async () => {
  const team = await analysts(db);
  try {
    const [mira, lead] = [await team.login('mira'), await team.login('lena', 'lead')];
    const [slow, old] = [randomUUID(), randomUUID()];
    const ids = await openIds();
    const asked = { decision: 'approve', reason: 'false_positive' } as const;
    const begin = async (sessionId: string, itemIds: string[]): Promise<void> => {
      await startBulk(mira, { ...asked, sessionId, choice: { kind: 'items', itemIds } }, NOW);
      await runBulk(mira, sessionId);
    };
    await begin(slow, ids.slice(0, 4));
    await begin(old, ids.slice(4, 8));
    // As if it had taken an hour, and the other had ended an hour ago.
    await pool.query(`UPDATE umpire.decisions SET decided_at = decided_at - interval '1 hour'`);
    await pool.query(
      `UPDATE umpire.bulk_sessions SET finished_at = finished_at - interval '1 hour' WHERE session_id = $1`,
      [old],
    );
    expect(await undoBulk(mira, slow, { batch: 1 })).toMatchObject({ state: 'undone', settled: 4 });
    await expect(undoBulk(mira, old)).rejects.toThrow('a lead can reverse it');
    expect(await undoBulk(lead, old)).toMatchObject({ state: 'undone', settled: 4 });
    const { rows } = await pool.query<{ kind: string; n: number }>(
      `SELECT undo_kind AS kind, count(*)::int AS n FROM umpire.decisions WHERE undo_kind IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { kind: 'reversal', n: 4 },
      { kind: 'undo', n: 4 },
    ]);
  } finally {
    await team.end();
  }
});

test('an undo leaves alone what was decided before under the same id, and tells what it could not take back', async () => {
  const ids = await openIds();
  const [first, second, third] = ids;
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few items');
  const before = { decisionId: randomUUID(), itemId: first, decision: 'approve', reason: 'household' } as const;
  await decide(pool, [before], by);
  const sessionId = randomUUID();
  await inTransaction(pool, (client) =>
    freeze(
      client,
      {
        sessionId,
        items: [
          before,
          { itemId: second, decision: 'reject', reason: 'account_farm' },
          { itemId: third, decision: 'approve', reason: 'household' },
        ],
        onlyOpen: false,
        decision: null,
        reason: null,
        chosenBy: 'a list',
        asked: 'x',
      },
      by,
    ),
  );
  const done = await runBulk(pool, sessionId, by);
  expect(done.outcomes).toEqual({ applied: 3 });
  // A lead takes one back and decides it anew before the session is undone.
  const { rows } = await pool.query<{ id: string }>(
    'SELECT decision_id AS id FROM umpire.decisions WHERE item_id = $1',
    [second],
  );
  await pool.query(
    `SELECT umpire.undo_items(jsonb_build_array(jsonb_build_object('undoId', gen_random_uuid(), 'decisionId', $1::uuid)), NULL, $2)`,
    [rows[0]?.id, NOW],
  );
  const undone = await undoBulk(pool, sessionId, by);
  expect(undone).toMatchObject({ state: 'undone', settled: 2 });
  const page = await bulkItemsPage(pool, { sessionId, offset: 0, limit: 3 }, NOW);
  expect(page.rows.map((row) => row.undone)).toEqual([false, true, true]);
  expect(page.rows.map(({ row }) => row.status)).toEqual(['approved', 'pending', 'pending']);
});

test('a second pair of eyes: the preview tells who will wait and not whether somebody waits', async () => {
  await pool.query('UPDATE umpire.review_settings SET second_review_share = 0.5');
  const team = await analysts(db);
  try {
    const [mira, noor] = [await team.login('mira'), await team.login('noor')];
    const asked = { choice: filter(), decision: 'approve', reason: 'false_positive' } as const;
    const [first, second] = [randomUUID(), randomUUID()];
    await startBulk(mira, { ...asked, sessionId: first }, NOW);
    const told = await previewBulk(mira, first, NOW);
    const done = await runBulk(mira, first);
    expect(told.awaitingSecond).toBeGreaterThan(0);
    expect(done.outcomes).toEqual({
      applied: told.willDecide - told.awaitingSecond,
      awaiting_second: told.awaitingSecond,
    });
    expect(done.paid).toBe(told.paid);
    // Of somebody else's session nothing is seen while decisions of it wait.
    expect(await listBulk(noor)).toEqual([]);
    expect(await readBulk(noor, first)).toBeNull();
    await startBulk(noor, { ...asked, sessionId: second }, NOW);
    const blind = await previewBulk(noor, second, NOW);
    expect(blind).toMatchObject({
      items: told.awaitingSecond,
      willDecide: told.awaitingSecond,
      awaitingSecond: told.awaitingSecond,
      paid: 0,
    });
    expect((await runBulk(noor, second)).outcomes).toEqual({ applied: told.awaitingSecond });
    expect(await openIds()).toEqual([]);
    expect(await verify(pool)).toEqual([]);
  } finally {
    await team.end();
  }
});

test('an item that fails fails alone, and says why', async () => {
  const ids = await openIds();
  const [poisoned] = ids;
  // Its referee is so rich that no integer holds what approving would make of the balance.
  await pool.query(
    `INSERT INTO credits.balances (user_id, balance)
     SELECT r.referee_id, 2147483640 FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id WHERE q.id = $1
     ON CONFLICT (user_id) DO UPDATE SET balance = excluded.balance`,
    [poisoned],
  );
  const sessionId = await start({ kind: 'items', itemIds: ids.slice(0, 6) });
  const done = await runBulk(pool, sessionId, by);
  expect(done).toMatchObject({ state: 'done', outcomes: { applied: 5, not_allowed: 1 } });
  const { rows } = await bulkItemsPage(pool, { sessionId, offset: 0, limit: 6 }, NOW);
  const failed = rows.find(({ outcome }) => outcome === 'not_allowed');
  expect(failed?.row.itemId).toBe(poisoned);
  expect(failed?.message).toBe('It failed: integer out of range');
  expect(await openIds()).toContain(poisoned);
});
