import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Notice } from '../../core/contract/notices.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { claimItem } from '../../core/review/claims.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { type TestHost, testHosts } from '../support/host.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { tellDemo } from '../support/story.ts';
import { until } from '../support/until.ts';

const NOW = new Date('2026-03-01T20:00:00Z');
const FILTER = queueFilter.parse({});

let db: MigratedDatabase;
let team: Analysts;
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 400, NOW);
  team = await analysts(db);
  await team.login('mira');
  await team.login('noor');
});
afterAll(async () => {
  await team.end();
  await db.end();
});

const hosts = testHosts();
const doors: Proxy[] = [];
afterEach(async () => {
  for (const door of doors) door.flow();
  await hosts.close();
  for (const door of doors.splice(0)) door.shut();
  await db.pool.query('DELETE FROM umpire.claims');
});

/** A window behind a network that can be made to swallow everything, with all that is to be kept. */
async function windowOf(person: string): Promise<TestHost & { readonly network: Proxy }> {
  const network = await proxyTo(db.database.connection);
  doors.push(network);
  const opened = await hosts.open({ databaseUrl: network.through(team.url(person)) });
  await opened.filled();
  return { ...opened, network };
}

const isOffline = (notice: Notice): boolean => notice.kind === 'sync' && notice.status.link === 'offline';

test('on a network that swallows everything the window goes on from what it has before the line says off-line', async () => {
  const { ask, call, next, network } = await windowOf('mira');
  const first = (await ask('queue.page', { filter: FILTER, offset: 0, limit: 1 })).rows[0]!;
  network.stall();
  // What only the server can do ends when the line says off-line: whoever waits for it may go on.
  const onlyThere = Promise.all([
    call('sync.settle', { objectionId: randomUUID() }),
    call('case.bundle', { itemId: first.itemId }),
    call('bulk.list', {}),
  ]);
  const said: string[] = [];
  const worked = (async () => {
    for (let round = 0; round < 5; round += 1) {
      expect(await ask('queue.next', { filter: FILTER })).toMatchObject({ itemId: first.itemId, isMine: true });
      expect(await ask('case.claim', { itemId: first.itemId })).toBe('unanswered');
      expect(await ask('case.get', { itemId: first.itemId })).toMatchObject({ state: 'whole', isStale: false });
      const search = `${first.refereeName.slice(0, 3)}${' '.repeat(round)}`;
      const found = await ask('queue.page', { filter: { ...FILTER, search }, offset: 0, limit: 500 });
      expect(found.rows.map(({ itemId }) => itemId)).toContain(first.itemId);
      expect(await ask('case.release', { itemId: first.itemId })).toEqual({});
    }
    said.push('worked');
  })();
  const offline = next(isOffline).then((notice) => {
    said.push('off-line');
    return notice;
  });
  await Promise.all([worked, offline]);
  expect(said).toEqual(['worked', 'off-line']);
  expect(await offline).toMatchObject({ status: { reason: expect.stringContaining('did not answer for 4 s') } });
  for (const outcome of await onlyThere) {
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'unavailable', message: expect.stringContaining('there is no contact with it') },
    });
  }
});

test('the copy can be removed while a bulk session waits for a server that says nothing', async () => {
  const { ask, network } = await windowOf('mira');
  const { rows } = await ask('queue.page', { filter: FILTER, offset: 0, limit: 2 });
  const sessionId = randomUUID();
  await ask('bulk.start', {
    sessionId,
    choice: { kind: 'items', itemIds: rows.map(({ itemId }) => itemId) },
    decision: 'reject',
    reason: 'account_farm',
  });
  const lock = await db.pool.connect();
  try {
    await lock.query('BEGIN; SELECT 1 FROM umpire.referrals FOR UPDATE');
    expect(await ask('bulk.run', { sessionId })).toMatchObject({ state: 'running' });
    network.stall();
    expect(await ask('sync.wipe', { evenUndelivered: false })).toEqual({ removed: true });
  } finally {
    await lock.query('ROLLBACK');
    lock.release();
  }
});

test('a case that turns out to be somebody else’s shows who has it', async () => {
  const { ask, next, notices, network } = await windowOf('mira');
  const noor = await team.login('lead', 'lead');
  network.stall();
  const { itemId } = (await ask('queue.next', { filter: FILTER }))!;
  await claimItem(noor, itemId, false);
  expect(notices.filter(isOffline)).toEqual([]);
  network.flow();
  await next(({ kind }) => kind === 'queue');
  const by = await until(async () => {
    const answer = await ask('case.get', { itemId });
    return answer?.state === 'whole' && answer.file.claim?.isMine === false ? answer.file.claim.by : null;
  });
  expect(by).toBe(team.name('lead'));
});

test('a case that is taken from somebody without an answer stays shown as theirs until the server says so', async () => {
  const { ask, next, network } = await windowOf('mira');
  const { itemId } = (await ask('queue.page', { filter: FILTER, offset: 0, limit: 1 })).rows[0]!;
  const holderIs = (isMine: boolean) =>
    until(async () => {
      const answer = await ask('case.get', { itemId });
      return answer?.state === 'whole' && answer.file.claim?.isMine === isMine ? true : null;
    });
  await claimItem(await team.login('holder'), itemId, false);
  await holderIs(false);
  network.stall();
  expect(await ask('case.claim', { itemId, takeOver: true })).toBe('unanswered');
  expect(await holderIs(false)).toBe(true);
  network.flow();
  await next(({ kind }) => kind === 'queue');
  expect(await holderIs(true)).toBe(true);
});

test('a case is open again once its undo was answered, though nothing more comes from the server', async () => {
  const { ask, delivered, network } = await windowOf('mira');
  const { itemId, version } = (await ask('queue.page', { filter: FILTER, offset: 0, limit: 1 })).rows[0]!;
  const call = { decisionId: randomUUID(), itemId, expectedVersion: version };
  await ask('case.decide', { ...call, decision: 'reject', reason: 'account_farm' });
  await delivered(call.decisionId);
  // Its evidence is asked for by itself, and may be younger than its row.
  await until(
    async () => {
      const found = await ask('case.get', { itemId });
      return found?.state === 'whole' && found.file.status === 'rejected' && !found.isStale ? true : null;
    },
    { everyMs: 10 },
  );
  const undoId = randomUUID();
  await ask('case.undo', { undoId, decisionId: call.decisionId });
  expect(await delivered(undoId)).toMatchObject({ state: 'applied' });
  network.stall();
  expect(await ask('case.get', { itemId })).toMatchObject({ state: 'whole', file: { status: 'pending' } });
});

test('off-line nothing is taken from anybody, and that is known', async () => {
  const { ask, next, network } = await windowOf('mira');
  const { itemId } = (await ask('queue.page', { filter: FILTER, offset: 0, limit: 1 })).rows[0]!;
  network.shut();
  await next(isOffline);
  expect(await ask('case.claim', { itemId, takeOver: true })).toBe('off_line');
  expect(await ask('case.claim', { itemId })).toBe('off_line');
});

test('two who ask for the next case at once get two', async () => {
  const windows = [await windowOf('mira'), await windowOf('noor')];
  // A server that does not say in time is not waited for: then both may have the same, and nobody holds it.
  const got = await until(async () => {
    const claims = await Promise.all(windows.map(({ ask }) => ask('queue.next', { filter: FILTER })));
    const itemIds = claims.map((claim) => claim?.itemId ?? '');
    const { rows } = await db.pool.query<{ analyst: string; item_id: string }>(
      'SELECT analyst, item_id FROM umpire.claims WHERE item_id = ANY ($1) ORDER BY analyst',
      [itemIds],
    );
    if (rows.length === windows.length) return { claims, rows };
    for (const [nth, { ask }] of windows.entries()) await ask('case.release', { itemId: itemIds[nth] ?? '' });
    return null;
  });
  expect(got.claims).toMatchObject([{ isMine: true }, { isMine: true }]);
  expect(got.rows).toEqual([
    { analyst: team.name('mira'), item_id: got.claims[0]?.itemId },
    { analyst: team.name('noor'), item_id: got.claims[1]?.itemId },
  ]);
});
