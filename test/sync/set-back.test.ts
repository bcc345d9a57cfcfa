import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import type { Sync } from '../../core/sync/sync.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { CACHE_KEY } from '../support/cache.ts';
import { manyItems } from '../support/many-items.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { type OwnServer, ownServer } from '../support/own-server.ts';
import { urlOf } from '../support/postgres.ts';
import { tell } from '../support/story.ts';
import { decideHere, syncing } from '../support/syncing.ts';
import { until } from '../support/until.ts';

/** A data directory that is set back to a copy of before, under the same name and at the same place, and goes on from there. */
const NOW = new Date();
let server: OwnServer;
let owner: Pool;
let team: Analysts;
let mira: Pool;
let folder: string;
let cache: Cache;
let sync: Sync | null = null;
let isOnline = false;

beforeAll(async () => {
  server = await ownServer();
  await withClient('postgres', (db) => db.query('CREATE DATABASE review'));
  const connection = { ...server.connection, database: 'review' };
  owner = connect(urlOf(connection), 'umpire test');
  await migrate(owner, { mode: 'programme', key: TEST_KEY });
  await tell(owner, manyItems(40, NOW), NOW);
  await owner.query('UPDATE umpire.review_settings SET second_review_share = 0');
  team = await analysts({ pool: owner, database: { connection, url: urlOf(connection), drop: async () => {} } });
  mira = await team.login('mira');
  folder = await mkdtemp(join(tmpdir(), 'umpire-set-back-'));
  cache = openCache({ folder: join(folder, 'cache'), key: CACHE_KEY });
}, 120_000);
afterAll(async () => {
  await sync?.stop();
  cache.close();
  await team.end();
  await owner.end();
  await server.end();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function withClient<Result>(database: string, work: (db: Client) => Promise<Result>): Promise<Result> {
  const db = new Client({ ...server.connection, database });
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}

function start(): void {
  sync = syncing(mira, cache, { onStatus: ({ link }) => (isOnline = link === 'online') });
}

function decide(itemId: string): string {
  const id = decideHere(cache, itemId, 'reject');
  sync?.pushSoon();
  return id;
}

const settled = (): Promise<true> =>
  until(async () => (isOnline && cache.counts().waiting === 0 && cache.position() !== null ? true : null));

/** With their owner: the server may be another user's. */
const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);

const dataFolder = (): Promise<string> =>
  withClient('review', async (db) => {
    const { rows } = await db.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory ?? '';
  });

async function keepCopy(): Promise<void> {
  const data = await dataFolder();
  await server.stop();
  await rm(join(folder, 'copy'), { recursive: true, force: true });
  copy(data, join(folder, 'copy'));
  await server.start();
}

async function setBack(): Promise<void> {
  const data = await dataFolder();
  await server.stop();
  await rm(data, { recursive: true });
  copy(join(folder, 'copy'), data);
  await server.start();
  // An hour of other work: ids of transactions that the cursor has seen are given again.
  await withClient('review', (db) =>
    db.query('DO $$ BEGIN FOR i IN 1 .. 3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$'),
  );
}

/** As the server has them. */
const onServer = (ids: readonly string[]): Promise<string[]> =>
  withClient('review', async (db) => {
    const { rows } = await db.query<{ status: string }>(
      'SELECT status FROM referrals.review_queue WHERE id = ANY ($1::uuid[]) ORDER BY id',
      [ids],
    );
    return rows.map(({ status }) => status);
  });

test('a server that was set back and has moved on: what it lost is returned to whoever decided it', async () => {
  start();
  await settled();
  const ids = await withClient('review', async (db) => {
    const { rows } = await db.query<{ id: string }>(
      `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 6`,
    );
    return rows.map(({ id }) => id);
  });
  const [kept = '', taken = '', ...lost] = ids;
  const before = decide(kept);
  await settled();
  await sync?.stop();

  await keepCopy();
  start();
  await settled();
  const gone = lost.map((id) => decide(id));
  const mistaken = decide(taken);
  await settled();
  const undo = randomUUID();
  cache.undo({ id: undo, decisionId: mistaken, note: null, decidedAt: NOW.toISOString() });
  sync?.pushSoon();
  await settled();
  const { cursor } = cache.position() ?? { cursor: '' };
  await until(async () => (cache.position()?.cursor === cursor ? null : true));
  expect(await onServer(lost)).toEqual(lost.map(() => 'rejected'));
  await sync?.stop();

  await setBack();
  expect(await onServer(lost)).toEqual(lost.map(() => 'pending'));

  isOnline = false;
  start();
  await until(async () => (cache.counts().troubled === lost.length ? true : null));
  expect(gone.map((id) => cache.outgoing(id))).toMatchObject(
    gone.map(() => ({ state: 'returned', message: 'The server was set back to a time before this: look again.' })),
  );
  expect(cache.outgoing(before)).toMatchObject({ state: 'applied' });
  // Decided and taken back, and both are gone: nothing is to be done about it.
  expect([mistaken, undo].map((id) => cache.outgoing(id)?.state)).toEqual(['withdrawn', 'withdrawn']);
  expect(lost.map((id) => cache.headOf(id)?.status)).toEqual(lost.map(() => 'pending'));

  const again = lost.map((id) => decide(id));
  await settled();
  expect(again.map((id) => cache.outgoing(id)?.state)).toEqual(lost.map(() => 'applied'));
  expect(await onServer(lost)).toEqual(lost.map(() => 'rejected'));
}, 120_000);

test('one that lost nothing but what the engine had written is known too: the cache has what there is', async () => {
  await sync?.stop();
  await keepCopy();
  start();
  await settled();
  const [changed, other] = await withClient('review', async (db) => {
    const { rows } = await db.query<{ id: string }>(
      `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 2`,
    );
    return rows.map(({ id }) => id);
  });
  const rescore = (itemId: string | undefined): Promise<unknown> =>
    withClient('review', (db) =>
      db.query(
        `WITH moved AS (UPDATE umpire.items SET version = version + 1, tx = pg_current_xact_id() WHERE item_id = $1)
         UPDATE referrals.review_queue SET fraud_score = fraud_score + 1 WHERE id = $1`,
        [itemId],
      ),
    );
  const scoreOf = (itemId: string | undefined): number | undefined => cache.headOf(itemId ?? '')?.score;
  const before = [changed, other].map(scoreOf);
  await rescore(changed);
  sync?.now();
  await until(async () => (scoreOf(changed) === (before[0] ?? 0) + 1 ? true : null));
  await sync?.stop();

  await setBack();
  await rescore(other);
  isOnline = false;
  start();
  await until(async () => (scoreOf(other) === (before[1] ?? 0) + 1 ? true : null));
  expect(scoreOf(changed)).toBe(before[0]);
}, 120_000);
