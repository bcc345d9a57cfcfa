import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import type { Sync } from '../../core/sync/sync.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { tellDemo } from '../support/story.ts';
import { decideHere, syncing } from '../support/syncing.ts';
import { until } from '../support/until.ts';

let db: MigratedDatabase;
let logins: Logins;
let ana: Login;
let ben: Login;
let folder: string;
let cache: Cache;
let sync: Sync;
let items: string[];

function start(): void {
  cache = openCache({ folder, key: 'c5'.repeat(32) });
  sync = syncing(ana.pool, cache);
}

beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 1_500, new Date());
  logins = loginsOf(db.database, db.pool);
  ana = await logins.add('analyst', 'ana');
  ben = await logins.add('analyst', 'ben');
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id`,
  );
  items = rows.map(({ id }) => id);
  folder = mkdtempSync(join(tmpdir(), 'umpire-sync-'));
  start();
});
afterAll(async () => {
  await sync.stop();
  cache.close();
  rmSync(folder, { recursive: true });
  const violations = await verify(db.pool);
  await logins.end();
  await db.end();
  if (violations.length > 0) throw new Error(JSON.stringify(violations));
});

const untilSo = (isSo: () => boolean): Promise<true> => until(async () => (isSo() ? true : null));

test('a cache fills itself with the queue and with the evidence of every open case', async () => {
  await untilSo(() => cache.counts().kept.present === cache.counts().kept.wanted && cache.position() !== null);
  expect(sync.status()).toMatchObject({ link: 'online', reason: null });
  for (const itemId of items) expect(cache.caseOf(itemId)).toMatchObject({ isStale: false, facts: expect.any(String) });
});

test('a decision is in Postgres a moment later, and what somebody else decides is here', async () => {
  const [mine = '', theirs = ''] = items;
  const id = decideHere(cache, mine, 'reject');
  sync.pushSoon();
  await decide(ben.pool, [{ decisionId: randomUUID(), itemId: theirs, decision: 'approve', reason: 'household' }]);
  await untilSo(() => cache.outgoing(id)?.state === 'applied');
  await untilSo(() => cache.caseOf(theirs)?.head.status === 'approved');
  const { rows } = await db.pool.query<{ status: string }>('SELECT status FROM referrals.review_queue WHERE id = $1', [
    mine,
  ]);
  expect(rows).toEqual([{ status: 'rejected' }]);
});

test('what is decided while the program is closed by force is sent by the next one, and meets what others decided', async () => {
  const [, , kept = '', lost = '', undone = ''] = items;
  await sync.stop();
  const ids = [
    decideHere(cache, kept, 'approve'),
    decideHere(cache, lost, 'approve'),
    decideHere(cache, undone, 'reject'),
  ];
  cache.undo({ id: randomUUID(), decisionId: ids[2] ?? '', note: null, decidedAt: '2040-01-01T00:00:00.000Z' });
  cache.close();
  await decide(ben.pool, [{ decisionId: randomUUID(), itemId: lost, decision: 'reject', reason: 'account_farm' }]);
  start();
  await untilSo(() => cache.counts().waiting === 0);
  expect(ids.map((id) => cache.outgoing(id)?.state)).toEqual(['applied', 'conflict', 'withdrawn']);
  await untilSo(() => cache.caseOf(lost)?.head.status === 'rejected');
  expect(cache.caseOf(undone)?.head.status).toBe('pending');
});

test('connections that are cut are made again, and nothing is sent twice', async () => {
  expect(items.length).toBeGreaterThan(12);
  const ids = items.slice(5).map((itemId) => {
    const id = decideHere(cache, itemId, 'reject');
    sync.pushSoon();
    return id;
  });
  await db.pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [ana.name]);
  sync.now();
  await untilSo(() => cache.counts().waiting === 0);
  expect(new Set(ids.map((id) => cache.outgoing(id)?.state))).toEqual(new Set(['applied']));
  const { rows } = await db.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM umpire.decisions WHERE decision_id = ANY ($1::uuid[])',
    [ids],
  );
  expect(rows).toEqual([{ n: ids.length }]);
});
