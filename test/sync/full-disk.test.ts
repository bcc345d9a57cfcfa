import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import type { SyncStatus } from '../../core/contract/sync.ts';
import { cacheFolder } from '../../core/host/place.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide as decideNow } from '../../core/review/decide.ts';
import { type HostChild, RefusedCall, startHostChild } from '../support/host-child.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { type SmallDisk, smallDisk, smallDisksCanBeHad } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const ITEMS = 300;
const NOW = new Date('2026-10-01T12:00:00Z');
const FILTER = queueFilter.parse({});
/** Room for the whole queue, its log and more. */
const ROOMY = '32m';
const FULL = /disk .* is full\. Nothing of this was saved; what was saved before is safe\. Free some space/;
const CLOSED =
  /on a disk that takes no writing .*Nothing of this was saved; what was saved before is safe\. Make the disk writable/;

type Item = { readonly itemId: string; readonly version: number };

describe.runIf(smallDisksCanBeHad())('a disk that is really full, or really closed', () => {
  let database: TestDatabase;
  let pool: Pool;
  let network: Proxy;
  let databaseUrl: string;
  let disk: SmallDisk;
  let children: HostChild[];

  beforeEach(async () => {
    children = [];
    database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
    pool = connect(database.url, 'umpire test');
    network = await proxyTo(database.connection);
    databaseUrl = network.through(database.url);
    disk = await smallDisk(ROOMY);
  });
  afterEach(async () => {
    for (const child of children) await child.kill();
    await disk.end();
    network.shut();
    await pool.end();
    await database.drop();
  });

  /** The host when it is ready or has failed. */
  const started = async (): Promise<HostChild> => {
    const child = startHostChild(disk.path, databaseUrl, { by: disk.inside });
    children.push(child);
    await until(async () => ((await child.call('workspace.status', {}))?.state === 'starting' ? null : true), {
      everyMs: 20,
    });
    return child;
  };
  const statusOnce = async (child: HostChild, is: (status: SyncStatus) => boolean): Promise<SyncStatus> =>
    until(async () => {
      const status = await child.call('sync.status', {});
      return status !== null && is(status) ? status : null;
    });
  const isWhole = ({ link, kept, waiting, reason }: SyncStatus): boolean =>
    link === 'online' && reason === null && waiting === 0 && kept.present === kept.wanted;
  const openItems = async (child: HostChild): Promise<readonly Item[]> =>
    (await child.call('queue.page', { filter: FILTER, offset: 0, limit: 500 }))?.rows ?? [];
  const outbox = async (child: HostChild): Promise<string[]> =>
    ((await child.call('sync.outbox', { offset: 0, limit: 500 }))?.rows ?? []).map(({ id }) => id).sort();
  const decide = async (child: HostChild, { itemId, version }: Item): Promise<string> => {
    const decisionId = randomUUID();
    const call = { decisionId, itemId, expectedVersion: version } as const;
    const row = await child.call('case.decide', { ...call, decision: 'approve', reason: 'household' });
    expect(row).toMatchObject({ id: decisionId });
    return decisionId;
  };
  /** Fills the disk, and decides until it has refused three in a row; the ids of what was told as taken, before and after. */
  const decideUntilFull = async (child: HostChild): Promise<string[]> => {
    const [first, ...others] = await openItems(child);
    if (first === undefined) throw new Error('the queue is empty');
    const told = [await decide(child, first)];
    await disk.fill();
    const refusals: string[] = [];
    for (const item of others) {
      try {
        told.push(await decide(child, item));
        refusals.length = 0;
      } catch (error) {
        if (!(error instanceof RefusedCall)) throw error;
        refusals.push(error.message);
        if (refusals.length === 3) break;
      }
    }
    expect(refusals).toHaveLength(3);
    for (const words of refusals) expect(words).toMatch(FULL);
    return told.sort();
  };
  const onServer = async (): Promise<string[]> =>
    (await pool.query<{ id: string }>('SELECT decision_id AS id FROM umpire.decisions ORDER BY 1')).rows.map(
      ({ id }) => id,
    );

  it('refuses a decision that it cannot keep, starts with what was told, and goes on once there is space', async () => {
    const first = await started();
    await statusOnce(first, isWhole);
    network.shut();
    const told = await decideUntilFull(first);
    // It is read on, and shows what is kept and nothing else.
    expect(await outbox(first)).toEqual(told);
    expect(await openItems(first)).toHaveLength(ITEMS - told.length);
    await first.kill();

    // Not even its log can be opened, and it says why.
    const second = await started();
    expect(await second.call('workspace.status', {})).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(FULL),
    });

    await disk.free();
    await second.call('workspace.retry', {});
    await until(async () => ((await second.call('workspace.status', {}))?.state === 'ready' ? true : null));
    expect(await outbox(second)).toEqual(told);
    const [next] = await openItems(second);
    if (next === undefined) throw new Error('nothing is left');
    const all = [...told, await decide(second, next)].sort();
    expect(await outbox(second)).toEqual(all);

    await network.openAgain();
    await second.call('sync.now', {});
    await statusOnce(second, isWhole);
    expect(await onServer()).toEqual(all);
    expect(await verify(pool)).toEqual([]);
  });

  it('says on-line that the disk is full, shows nothing that is not kept, and catches up once there is space', async () => {
    const host = await started();
    await statusOnce(host, isWhole);
    const told = await decideUntilFull(host);
    const theirs = (await openItems(host)).slice(-120).map(({ itemId }) => itemId);
    await decideNow(
      pool,
      theirs.map((itemId) => ({ decisionId: randomUUID(), itemId, decision: 'reject', reason: 'self_referral' })),
    );
    await host.call('sync.now', {});
    expect(await statusOnce(host, ({ reason }) => reason !== null)).toMatchObject({
      reason: expect.stringMatching(FULL),
    });
    expect(await outbox(host)).toEqual(told);

    await disk.free();
    await host.call('sync.now', {});
    await statusOnce(host, isWhole);
    await expect.poll(async () => (await openItems(host)).length).toBe(ITEMS - told.length - theirs.length);
    expect(await outbox(host)).toEqual(told);
    const { rows } = await pool.query<{ id: string }>(
      `SELECT decision_id AS id FROM umpire.decisions WHERE reason = 'household' ORDER BY 1`,
    );
    expect(rows.map(({ id }) => id)).toEqual(told);
    expect(await verify(pool)).toEqual([]);
  });

  it('says that the disk is full while the queue comes for the first time, and fetches it whole once there is space', async () => {
    disk.remount('size=384k');
    const host = await started();
    expect(await host.call('workspace.status', {})).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(FULL),
    });

    disk.remount(`size=${ROOMY}`);
    await host.call('workspace.retry', {});
    await until(async () => ((await host.call('workspace.status', {}))?.state === 'ready' ? true : null));
    await statusOnce(host, isWhole);
    expect(await openItems(host)).toHaveLength(ITEMS);
  });

  it('closed for writing, for root too: it is told with the way out, and nothing on it is touched', async () => {
    const one = await started();
    await statusOnce(one, isWhole);
    network.shut();
    const [item] = await openItems(one);
    if (item === undefined) throw new Error('the queue is empty');
    const told = await decide(one, item);
    await one.kill();

    disk.remount('ro');
    const folder = join(disk.seen, 'cache', cacheFolder(disk.path, databaseUrl).split('/').at(-1) ?? '');
    const asItIs = async (): Promise<unknown[]> =>
      Promise.all(
        (await readdir(folder)).sort().map(async (name) => {
          const { size, mtimeMs } = await stat(join(folder, name));
          return { name, size, mtimeMs };
        }),
      );
    const before = await asItIs();
    const closed = await started();
    expect(await closed.call('workspace.status', {})).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(CLOSED),
    });
    await expect(decide(closed, item)).rejects.toThrow(CLOSED);
    expect(await asItIs()).toEqual(before);

    disk.remount('rw');
    await closed.call('workspace.retry', {});
    await until(async () => ((await closed.call('workspace.status', {}))?.state === 'ready' ? true : null));
    expect(await outbox(closed)).toEqual([told]);
  });
});
