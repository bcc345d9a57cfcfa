import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../core/contract/notices.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { connect } from '../../core/postgres/connection.ts';
import { cacheFolder } from '../../core/host/place.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { JOBS } from '../../core/programme/jobs/index.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { testHosts } from '../support/host.ts';
import { migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { until } from '../support/until.ts';
import { createTestDatabase, type Connection, type TestDatabase, urlOf } from '../support/postgres.ts';
import { tellDemo } from '../support/story.ts';
import { query, recordedPid, withHome } from './embedded-support.ts';

const CANARY = 'canary/pass word+7';

let hosts: ReturnType<typeof testHosts>;
let opened: { close(): Promise<void> }[];
beforeEach(() => {
  opened = [];
  hosts = testHosts();
});
afterEach(async () => {
  await hosts.close();
  for (const one of opened.toReversed()) await one.close();
});

const PENDING = { filter: queueFilter.parse({}), offset: 0, limit: 5 };

async function migratedTestDatabase(referrals = 0): Promise<TestDatabase> {
  const made = await migratedDatabase();
  const { pool, database } = made;
  opened.push({ close: () => made.end() });
  if (referrals > 0) await tellDemo(pool, referrals, new Date('2026-10-01T12:00:00Z'));
  return database;
}

const isOffline = (notice: Notice): boolean => notice.kind === 'sync' && notice.status.link === 'offline';
const isOnline = (notice: Notice): boolean => notice.kind === 'sync' && notice.status.link === 'online';

async function testDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  opened.push({ close: () => database.drop() });
  return database;
}

async function door(to: Connection): Promise<Proxy> {
  const made = await proxyTo(to);
  opened.push({ close: async () => made.shut() });
  return made;
}

test('a configured database that was not migrated is refused with the way out, and a retry finds it migrated', async () => {
  const database = await testDatabase();
  const { settled, ask, call, host, next, delivered } = await hosts.open({
    databaseUrl: database.url,
    demoReferrals: 50,
  });
  expect(await settled()).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/Nothing was changed.*migrate --database-url/),
  });
  expect(await call('queue.summary', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });

  const pool = connect(database.url);
  await migrate(pool, { key: TEST_KEY });
  await tellDemo(pool, 100, new Date('2026-10-01T12:00:00Z'));
  await pool.end();
  await host.handlers['workspace.retry']({});
  // A try that began before the migration ended may be told first.
  const ready = await until(async () => {
    const status = await settled();
    return status.state === 'ready' ? status : null;
  });
  expect(ready).toMatchObject({
    demo: false,
    mode: 'programme',
    role: 'owner',
    ruleSetVersion: 1,
  });

  // A configured server is never filled with demo data.
  const first = await until(async () => (await ask('queue.page', PENDING)).rows[0] ?? null);
  const evidence = async () => {
    const found = await ask('case.get', { itemId: first.itemId });
    return found?.state === 'whole' && !found.isStale ? found : null;
  };
  // Its evidence of now comes within moments, however slow this machine is.
  expect(await until(evidence)).toMatchObject({ file: { itemId: first.itemId, status: 'pending' } });
  const decision = { decisionId: randomUUID(), itemId: first.itemId, expectedVersion: first.version };
  expect(await ask('case.decide', { ...decision, decision: 'approve', reason: 'household' })).toMatchObject({
    id: decision.decisionId,
    kind: 'decide',
    state: expect.stringMatching(/queued|sending/),
  });
  // Whatever became of it by now, the window shows it as decided.
  expect((await ask('queue.page', PENDING)).rows.map(({ itemId }) => itemId)).not.toContain(first.itemId);
  await next((notice) => notice.kind === 'outbox' && notice.rows.some(({ state }) => state === 'applied'));
  expect(await until(evidence)).toMatchObject({
    file: { status: 'approved', decisions: [{ decisionId: decision.decisionId, undo: 'undo' }] },
    undelivered: null,
  });
  expect(await ask('workspace.status', {})).toMatchObject({ decisionsLastHour: 1 });
  const undoId = randomUUID();
  await ask('case.undo', { undoId, decisionId: decision.decisionId });
  expect(await delivered(undoId)).toMatchObject({ kind: 'undo', state: 'applied', undoes: decision.decisionId });
  expect(await ask('case.get', { itemId: first.itemId })).toMatchObject({ file: { status: 'pending' } });
});

test('a change by another program is noticed', async () => {
  const database = await migratedTestDatabase();
  const { settled, next, ask } = await hosts.open({ databaseUrl: database.url });
  await settled();
  const pool = connect(database.url);
  await tellDemo(pool, 60, new Date('2026-10-01T12:00:00Z'));
  await pool.end();
  await until(async () => {
    await next(({ kind }) => kind === 'queue');
    return ((await ask('queue.summary', {})).byStatus.pending ?? 0) > 0 ? true : null;
  });
  expect((await ask('queue.page', PENDING)).rows.length).toBeGreaterThan(0);
});

test('the host takes part in the jobs; without the hash key in those that hash nothing', async () => {
  const database = await migratedTestDatabase();
  const pool = connect(database.url);
  const { settled } = await hosts.open({ databaseUrl: database.url });
  await settled();
  const keyless = JOBS.filter(({ keyless }) => keyless === true).map(({ name }) => name);
  const ran = await until(async () => {
    const { rows } = await pool.query<{ job: string }>(
      `SELECT DISTINCT job FROM umpire.job_runs WHERE outcome = 'done'`,
    );
    return rows.length >= keyless.length ? rows.map(({ job }) => job) : null;
  });
  await pool.end();
  expect(ran?.sort()).toEqual(keyless.sort());
});

test('a lost connection is a state in which work goes on, and what was decided is sent when it is back', async () => {
  const database = await migratedTestDatabase(100);
  const network = await door(database.connection);
  const databaseUrl = network.through(database.url);
  const { settled, next, ask, call, delivered } = await hosts.open({ databaseUrl });
  expect(await settled()).toMatchObject({ state: 'ready' });
  await until(async () => ((await ask('sync.status', {})).pulledAt === null ? null : true));
  const itemIds = (await ask('queue.page', PENDING)).rows.map(({ itemId }) => itemId);
  await until(async () => {
    const { kept } = await ask('sync.status', {});
    return kept.present === kept.wanted && kept.wanted >= itemIds.length ? true : null;
  });

  network.shut();
  expect(await next(isOffline)).toMatchObject({
    status: { offlineSince: expect.any(String), reason: expect.any(String), waiting: 0 },
  });
  expect(await settled()).toMatchObject({ state: 'ready' });
  const [first = '', second = ''] = itemIds;
  const file = await ask('case.get', { itemId: first });
  expect(file).toMatchObject({ state: 'whole', file: { itemId: first, signals: expect.any(Array) } });
  expect(await ask('case.claim', { itemId: first })).toBe('off_line');
  const decided = { expectedVersion: 1, decision: 'approve', reason: 'household' } as const;
  const [kept, withdrawn] = [randomUUID(), randomUUID()];
  await ask('case.decide', { ...decided, decisionId: kept, itemId: first });
  await ask('case.decide', { ...decided, decisionId: withdrawn, itemId: second });
  expect(await ask('case.get', { itemId: first })).toMatchObject({ file: { status: 'approved' }, undelivered: kept });
  expect(await ask('queue.next', { filter: PENDING.filter })).toMatchObject({ itemId: itemIds[2] });
  expect(await ask('case.undo', { undoId: randomUUID(), decisionId: withdrawn })).toMatchObject({
    id: withdrawn,
    state: 'withdrawn',
  });
  expect(await ask('sync.status', {})).toMatchObject({ waiting: 1 });
  expect(await call('case.bundle', { itemId: first })).toMatchObject({
    ok: false,
    error: { code: 'unavailable', message: expect.stringContaining('needs the server') },
  });
  expect(await call('bulk.list', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });

  await network.openAgain();
  await ask('sync.now', {});
  await next(isOnline);
  expect(await delivered(kept)).toMatchObject({ state: 'applied' });
  const { rows } = await query(database.connection, 'SELECT decision_id FROM umpire.decisions').then((rows) => ({
    rows,
  }));
  expect(rows).toEqual([{ decision_id: kept }]);
});

test('a search finds by what the copy does not keep as long as there is contact, and goes on without', async () => {
  const database = await migratedTestDatabase(100);
  const network = await door(database.connection);
  const databaseUrl = network.through(database.url);
  const { settled, next, ask } = await hosts.open({ databaseUrl });
  await settled();
  const first = await until(async () => (await ask('queue.page', PENDING)).rows[0] ?? null);
  const [person] = (await query(
    database.connection,
    `SELECT u.email FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
     JOIN auth.users AS u ON u.id = r.referee_id WHERE q.id = $1`,
    [first.itemId],
  )) as { email: string }[];
  const byMail = { ...PENDING, filter: { ...PENDING.filter, search: person?.email ?? '' } };
  await until(async () => ((await ask('queue.page', byMail)).rows[0]?.itemId === first.itemId ? true : null));
  network.shut();
  await next(isOffline);
  const other = { ...PENDING, filter: { ...PENDING.filter, search: `${person?.email ?? ''} ` } };
  expect(await ask('queue.page', other)).toMatchObject({ total: 0 });
  const byName = { ...PENDING, filter: { ...PENDING.filter, search: first.refereeName } };
  expect((await ask('queue.page', byName)).rows.map(({ itemId }) => itemId)).toContain(first.itemId);
});

test('it starts without a server from what it has: the queue, the cases, what was decided', async () => {
  const database = await migratedTestDatabase(100);
  const network = await door(database.connection);
  const databaseUrl = network.through(database.url);
  const first = await hosts.open({ databaseUrl });
  await first.filled();
  const page = await first.ask('queue.page', PENDING);
  const [item] = page.rows;
  if (item === undefined) throw new Error('the queue is empty');
  network.shut();
  await first.next(isOffline);
  const decisionId = randomUUID();
  await first.ask('case.decide', {
    decisionId,
    itemId: item.itemId,
    expectedVersion: item.version,
    decision: 'reject',
    reason: 'account_farm',
  });
  await first.host.close();

  const second = await hosts.open({ databaseUrl, home: first.home });
  expect(await second.settled()).toMatchObject({ state: 'ready', role: 'owner' });
  const later = await second.ask('queue.page', PENDING);
  expect(later.total).toBe(page.total - 1);
  expect(later.rows.map(({ itemId }) => itemId)).not.toContain(item.itemId);
  expect(await second.ask('case.get', { itemId: item.itemId })).toMatchObject({
    state: 'whole',
    file: { status: 'rejected' },
    undelivered: decisionId,
  });
  expect((await second.ask('reasons.list', {})).length).toBeGreaterThan(5);
  expect(await second.ask('sync.outbox', { offset: 0, limit: 5 })).toMatchObject({
    total: 1,
    rows: [{ id: decisionId, state: 'queued', decision: 'reject' }],
  });
  // Another program on the same folder is told so, and changes nothing.
  const third = await hosts.open({ databaseUrl, home: first.home });
  expect(await third.settled()).toMatchObject({ state: 'failed', message: expect.stringMatching(/Another Umpire/) });
  expect(await third.call('sync.wipe', { evenUndelivered: true })).toMatchObject({ error: { code: 'refused' } });

  await network.openAgain();
  await second.ask('sync.now', {});
  expect(await second.delivered(decisionId)).toMatchObject({ state: 'applied' });
});

test('the copy is removed when it is asked for, and pulled anew', async () => {
  const database = await migratedTestDatabase(60);
  const network = await door(database.connection);
  const databaseUrl = network.through(database.url);
  const { settled, ask, call, next } = await hosts.open({ databaseUrl });
  await settled();
  await until(async () => ((await ask('sync.status', {})).pulledAt === null ? null : true));
  expect(await ask('sync.settings', {})).toMatchObject({ keep: 5000, key: 'file', undelivered: 0 });
  expect(await ask('sync.keep', { keep: 1000 })).toMatchObject({ keep: 1000 });
  network.shut();
  await next(isOffline);
  const [item] = (await ask('queue.page', PENDING)).rows;
  await ask('case.decide', {
    decisionId: randomUUID(),
    itemId: item?.itemId ?? '',
    expectedVersion: 1,
    decision: 'approve',
    reason: 'household',
  });
  expect(await call('sync.wipe', { evenUndelivered: false })).toMatchObject({
    error: { code: 'refused', message: expect.stringMatching(/1 decision .*Nothing was removed/) },
  });
  await network.openAgain();
  await ask('sync.wipe', { evenUndelivered: true });
  expect(await settled()).toMatchObject({ state: 'ready' });
  expect(await ask('sync.outbox', { offset: 0, limit: 5 })).toMatchObject({ total: 0 });
  expect((await ask('queue.page', PENDING)).rows[0]?.itemId).toBe(item?.itemId);
});

test('a key that is lost is told, and the copy can be removed and begun anew', async () => {
  const database = await migratedTestDatabase(60);
  const first = await hosts.open({ databaseUrl: database.url });
  expect(await first.settled()).toMatchObject({ state: 'ready' });
  await first.host.close();

  const another = await hosts.open({
    databaseUrl: database.url,
    home: first.home,
    key: async () => ({ state: 'had', hex: 'aa'.repeat(32), place: 'keychain' }),
  });
  expect(await another.settled()).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/cannot be read/),
    removal: { lost: null },
  });
  await another.host.close();

  let renewed = 0;
  const asked = new Set<string>();
  const lost = await hosts.open({
    databaseUrl: database.url,
    home: first.home,
    key: async (cache, renew) => {
      asked.add(cache);
      if (renew) renewed += 1;
      return renewed > 0
        ? { state: 'had', hex: 'bb'.repeat(32), place: 'file' }
        : { state: 'lost', message: 'The keychain is locked.' };
    },
  });
  expect(await lost.settled()).toEqual({
    state: 'failed',
    message: 'The keychain is locked.',
    detail: null,
    removal: { lost: null },
  });
  expect(await lost.call('sync.wipe', { evenUndelivered: false })).toMatchObject({ error: { code: 'refused' } });
  expect(renewed).toBe(0);
  await lost.ask('sync.wipe', { evenUndelivered: true });
  expect(await lost.settled()).toMatchObject({ state: 'ready' });
  expect(renewed).toBe(1);
  // Each cache by its folder's name: a new key for this one is none for another server's.
  expect([...asked]).toEqual([basename(cacheFolder(lost.home, database.url))]);
});

test('a password is in no status and no log, whatever is wrong with it', async () => {
  const database = await testDatabase();
  const network = await door(database.connection);
  const place = { ...database.connection, host: '127.0.0.1', port: network.port, password: CANARY };
  const urls = [
    urlOf(place),
    urlOf({ ...place, user: 'nobody' }),
    urlOf({ ...place, port: 1 }),
    `postgresql://umpire:${CANARY}@not a url`,
    `postgresql://127.0.0.1:${network.port}/x?user=umpire&password=${encodeURIComponent(CANARY)}`,
  ];
  for (const databaseUrl of urls) {
    const { settled, said } = await hosts.open({ databaseUrl });
    const status = await settled();
    expect(status.state).toBe('failed');
    expect([...said, JSON.stringify(status)].join('\n')).not.toMatch(/canary|pass( |%20|\+)word/i);
  }
});

test(
  'a first fill that was cut off is completed at the next start, by its own order',
  { timeout: 120_000 },
  async () => {
    await withHome(async (home) => {
      const first = await hosts.open({ home, demoReferrals: 400 });
      await first.next((notice) => notice.kind === 'workspace' && JSON.stringify(notice).includes('Living through'));
      await first.host.close();
      expect(existsSync(join(home, 'demo-order.json'))).toBe(true);

      // What was asked for first counts, not what this start would ask for.
      const second = await hosts.open({ home, demoReferrals: 50 });
      expect(await second.settled()).toMatchObject({ state: 'ready', demo: true, label: 'demo workspace' });
      expect(existsSync(join(home, 'demo-order.json'))).toBe(false);
      const workspace = await openWorkspace({ home });
      const rows = await query(
        workspace.connection,
        `SELECT (SELECT count(*)::int FROM referrals.relationships) AS referrals, (SELECT count(*)::int FROM umpire.scores) AS scored,
         (SELECT count(*)::int FROM umpire.events WHERE status = 'staged') AS staged`,
      );
      await workspace.release();
      await second.host.close();
      expect(rows).toEqual([{ referrals: 400, scored: 400, staged: 0 }]);
    });
  },
);

test(
  'an embedded server that died is started again by the next contact, while the window works on',
  { timeout: 120_000 },
  async () => {
    await withHome(async (home) => {
      const { settled, ask, next, delivered } = await hosts.open({ home, demoReferrals: 100 });
      expect(await settled()).toMatchObject({ state: 'ready', demo: true });
      const first = await until(async () => (await ask('queue.page', PENDING)).rows[0] ?? null);
      const pid = recordedPid(home) ?? 0;
      process.kill(pid, 'SIGQUIT');
      await next(isOffline);
      expect(await ask('queue.page', PENDING)).toMatchObject({ rows: expect.arrayContaining([first]) });
      const decisionId = randomUUID();
      await ask('case.decide', {
        decisionId,
        itemId: first.itemId,
        expectedVersion: first.version,
        decision: 'approve',
        reason: 'household',
      });
      await ask('sync.now', {});
      expect(await delivered(decisionId)).toMatchObject({ state: 'applied' });
      expect(recordedPid(home)).not.toBe(pid);
      await hosts.close();
    });
  },
);
