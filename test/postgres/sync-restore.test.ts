import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { verify } from '../../core/programme/verify.ts';
import type { Sync } from '../../core/sync/sync.ts';
import { CACHE_KEY } from '../support/cache.ts';
import { dumpOf, restoreInPlace } from '../support/in-place.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { manyItems } from '../support/many-items.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { tell } from '../support/story.ts';
import { decideHere, syncing } from '../support/syncing.ts';
import { until } from '../support/until.ts';

const NOW = new Date();
let db: MigratedDatabase;
let logins: Logins;
let ana: Login;
let folder: string;
let cache: Cache;
let sync: Sync | null = null;

beforeAll(async () => {
  db = await migratedDatabase();
  await tell(db.pool, manyItems(12, NOW), NOW);
  await db.pool.query('UPDATE umpire.review_settings SET second_review_share = 0');
  logins = loginsOf(db.database, db.pool);
  ana = await logins.add('analyst', 'ana');
  folder = mkdtempSync(join(tmpdir(), 'umpire-restore-'));
  cache = openCache({ folder: join(folder, 'cache'), key: CACHE_KEY });
});
afterAll(async () => {
  await sync?.stop();
  cache.close();
  rmSync(folder, { recursive: true });
  await logins.end();
  await db.end();
});

function start(): void {
  sync = syncing(ana.pool, cache);
}

function decide(itemId: string): string {
  const id = decideHere(cache, itemId, 'reject');
  sync?.pushSoon();
  return id;
}

const applied = (id: string): Promise<true> =>
  until(async () => (cache.outgoing(id)?.state === 'applied' ? true : null));

const statuses = async (): Promise<unknown> =>
  Object.fromEntries(
    (await db.pool.query<{ id: string; status: string }>('SELECT id, status FROM referrals.review_queue')).rows.map(
      ({ id, status }) => [id, status],
    ),
  );

test('a database that is restored in place is known to be another: what it lost is returned, and nothing else is', async () => {
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id');
  const ids = rows.map(({ id }) => id);
  const [kept = '', lost = '', waiting = ''] = ids;
  start();
  await until(async () => (cache.headOf(ids.at(-1) ?? '') === null || cache.position() === null ? null : true));
  const before = decide(kept);
  await applied(before);
  const dump = await dumpOf(db.pool);
  const gone = decide(lost);
  await applied(gone);
  // It has seen its own decision: nothing that is to come is news by its transaction alone.
  await until(async () => (cache.headOf(lost)?.version === 2 ? true : null));
  await sync?.stop();
  const offline = decide(waiting);

  await restoreInPlace(db.pool, dump);
  expect(await statuses()).toMatchObject({ [kept]: 'rejected', [lost]: 'pending', [waiting]: 'pending' });

  start();
  await applied(offline);
  await until(async () => (cache.outgoing(gone)?.state === 'returned' ? true : null));
  expect(cache.outgoing(gone)?.message).toBe('The server was set back to a time before this: look again.');
  expect(cache.outgoing(before)).toMatchObject({ state: 'applied' });
  expect(cache.counts()).toMatchObject({ waiting: 0, troubled: 1 });
  const again = decide(lost);
  await applied(again);
  sync?.now();
  await until(async () => (cache.headOf(lost)?.version === 2 ? true : null));
  expect(Object.fromEntries(ids.map((id) => [id, cache.headOf(id)?.status]))).toEqual(await statuses());
  expect(await verify(db.pool)).toEqual([]);
});
