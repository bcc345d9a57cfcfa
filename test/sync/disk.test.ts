import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import { cacheFolder } from '../../core/host/place.ts';
import { type HostChild, type HostChildOptions, RefusedCall, startHostChild } from '../support/host-child.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { until } from '../support/until.ts';

const ITEMS = 300;
const NOW = new Date('2026-10-01T12:00:00Z');
const FILTER = queueFilter.parse({});
/** Nobody of anybody's: may read what all may read. */
const NOBODY = 65_534;

let database: TestDatabase;
let network: Proxy;
let home: string;
let databaseUrl: string;
let children: HostChild[];

/** A cache that is filled, and a network that is gone. */
beforeEach(async () => {
  children = [];
  database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
  network = await proxyTo(database.connection);
  databaseUrl = network.through(database.url);
  home = await mkdtemp(join(tmpdir(), 'umpire-disk-'));
  const first = await started();
  await until(async () => {
    const status = await first.call('sync.status', {});
    return typeof status?.pulledAt === 'string' && status.kept.present === ITEMS ? true : null;
  });
  network.shut();
  await first.stop();
});
afterEach(async () => {
  for (const child of children) await child.kill();
  network.shut();
  await database.drop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** The host when it is ready or has failed. */
async function started(options: HostChildOptions = {}): Promise<HostChild> {
  const child = startHostChild(home, databaseUrl, options);
  children.push(child);
  await until(async () => ((await child.call('workspace.status', {}))?.state === 'starting' ? null : true), {
    everyMs: 20,
  });
  return child;
}

type Item = { readonly itemId: string; readonly version: number };

async function openItems(child: HostChild): Promise<readonly Item[]> {
  return (await child.call('queue.page', { filter: FILTER, offset: 0, limit: 500 }))?.rows ?? [];
}

async function decide(child: HostChild, { itemId, version }: Item): Promise<string> {
  const decisionId = randomUUID();
  const call = { decisionId, itemId, expectedVersion: version } as const;
  const row = await child.call('case.decide', { ...call, decision: 'approve', reason: 'household' });
  expect(row).toMatchObject({ id: decisionId, state: 'queued' });
  return decisionId;
}

async function inOutbox(child: HostChild): Promise<string[]> {
  const page = await child.call('sync.outbox', { offset: 0, limit: 500 });
  return (page?.rows ?? []).map(({ id }) => id).sort();
}

test('where the disk takes no more, no decision is told as taken, and all that were are there', async () => {
  const { size } = await stat(join(cacheFolder(home, databaseUrl), 'cache.db'));
  // The log of the cache reaches the limit after some decisions.
  const full = await started({ largestFileBytes: size + 16_384 });
  const items = await openItems(full);
  expect(items).toHaveLength(ITEMS);
  const told: string[] = [];
  const refusals: string[] = [];
  for (const item of items) {
    try {
      told.push(await decide(full, item));
    } catch (error) {
      if (!(error instanceof RefusedCall)) throw error;
      refusals.push(`${error.code}: ${error.message}`);
      if (refusals.length >= 3) break;
    }
  }
  expect(told.length).toBeGreaterThan(3);
  expect(refusals).toHaveLength(3);
  for (const words of refusals)
    expect(words).toMatch(/^not_saved: .*disk.*Nothing of this was saved; what was saved before is safe/);
  // It can be read on, and shows what is kept and nothing else.
  expect(await inOutbox(full)).toEqual(told.toSorted());
  expect((await openItems(full)).length).toBe(ITEMS - told.length);
  await full.kill();

  const mended = await started();
  expect(await inOutbox(mended)).toEqual(told.toSorted());
  const left = await openItems(mended);
  expect(left.length).toBe(ITEMS - told.length);
  const [next] = left;
  if (next === undefined) throw new Error('nothing is left');
  told.push(await decide(mended, next));
  expect(await inOutbox(mended)).toEqual(told.toSorted());
});

test('a folder that cannot be written is told with the way out, and nothing in it is touched', async () => {
  const one = await started();
  const [item] = await openItems(one);
  if (item === undefined) throw new Error('the queue is empty');
  const told = await decide(one, item);
  await one.kill();

  const folder = cacheFolder(home, databaseUrl);
  const files = (await readdir(folder)).map((name) => join(folder, name));
  for (const path of [home, join(home, 'cache')]) await chmod(path, 0o755);
  await chmod(folder, 0o555);
  for (const file of files) await chmod(file, 0o444);
  const before = await Promise.all(files.map((file) => stat(file)));
  // Nothing is closed to root.
  const closed = await started(process.getuid?.() === 0 ? { uid: NOBODY } : {});
  expect(await closed.call('workspace.status', {})).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/cannot be written by this user.*Give this user the folder/),
  });
  await expect(decide(closed, item)).rejects.toThrow(/cannot be written/);
  await closed.kill();
  const after = await Promise.all(files.map((file) => stat(file)));
  expect(after.map(({ size, mtimeMs }) => [size, mtimeMs])).toEqual(before.map(({ size, mtimeMs }) => [size, mtimeMs]));

  await chmod(folder, 0o700);
  for (const file of files) await chmod(file, 0o600);
  const again = await started();
  expect(await inOutbox(again)).toEqual([told]);
});

test('a file where the folder of the caches belongs is told, and left alone', async () => {
  await rm(join(home, 'cache'), { recursive: true });
  await writeFile(join(home, 'cache'), 'mine');
  const child = await started();
  expect(await child.call('workspace.status', {})).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/cache in .* cannot be written/),
  });
  expect(await stat(join(home, 'cache'))).toMatchObject({ size: 4 });
});
