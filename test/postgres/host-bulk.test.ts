import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BulkSession } from '../../core/contract/bulk.ts';
import type { Notice } from '../../core/contract/notices.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { answer } from '../../core/host/answer.ts';
import { verify } from '../../core/programme/verify.ts';
import { BATCH } from '../../core/review/bulk/run.ts';
import { readBulk } from '../../core/review/bulk/read.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { connect } from '../../core/postgres/connection.ts';
import { type TestHost, testHosts } from '../support/host.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import type { MigratedDatabase } from '../support/migrated.ts';
import { proxyTo } from '../support/proxy.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const ITEMS = 2000;
const FILTER = queueFilter.parse({});

let db: MigratedDatabase;
let team: Analysts;
let hosts: ReturnType<typeof testHosts>;

beforeEach(async () => {
  hosts = testHosts();
  const database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
  const pool = connect(database.url, 'umpire test');
  db = { pool, database, end: () => pool.end().then(() => database.drop()) };
  team = await analysts(db);
});
afterEach(async () => {
  await hosts.close();
  await team.end();
  await db.end();
});

type Window = TestHost & {
  /** The next notice of this kind from now on. */
  readonly after: (wanted: (notice: Notice) => boolean) => Promise<Notice>;
};

/** The host as this person's window has it. */
async function windowOf(person: string, role: 'viewer' | 'analyst' | 'lead' = 'analyst'): Promise<Window> {
  await team.login(person, role);
  const opened = await hosts.open({ databaseUrl: team.url(person) });
  expect(await opened.settled()).toMatchObject({ state: 'ready' });
  await until(async () => ((await opened.ask('sync.status', {})).pulledAt === null ? null : true));
  const after = (wanted: (notice: Notice) => boolean): Promise<Notice> =>
    new Promise((found) => {
      const end = opened.host.subscribe((notice) => {
        if (!wanted(notice)) return;
        end();
        found(notice);
      });
    });
  return { ...opened, after };
}

const isBulk =
  (is: (session: BulkSession) => boolean) =>
  (notice: Notice): boolean =>
    notice.kind === 'bulk' && is(notice.session);

async function start({ host }: Window, decision: 'approve' | 'reject' = 'approve'): Promise<string> {
  const sessionId = randomUUID();
  const reason = decision === 'approve' ? 'household' : 'account_farm';
  const session = await host.handlers['bulk.start']({
    sessionId,
    choice: { kind: 'filter', filter: FILTER },
    decision,
    reason,
  });
  expect(session).toMatchObject({ state: 'ready', items: ITEMS, isMine: true, chosenBy: 'all pending' });
  return sessionId;
}

/** Until a connection waits for a lock of another. */
async function somebodyWaits(): Promise<void> {
  await until(async () => {
    const { rows } = await db.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0 ? true : null;
  });
}

test('a session runs in the background with progress, is reported, and is undone', async () => {
  const mira = await windowOf('mira');
  const { handlers } = mira.host;
  const sessionId = await start(mira);
  const preview = await handlers['bulk.preview']({ sessionId });
  expect(preview).toMatchObject({ items: ITEMS, willDecide: ITEMS, skips: [] });
  const onTheWay = mira.after(isBulk(({ state, settled }) => state === 'running' && settled > 0 && settled < ITEMS));
  const over = mira.after(isBulk(({ state }) => state === 'done'));
  expect(await handlers['bulk.run']({ sessionId })).toMatchObject({ state: 'running' });
  await onTheWay;
  const done = await over;
  expect(done).toMatchObject({ session: { settled: ITEMS, outcomes: { applied: ITEMS }, paid: preview.paid } });
  const count = async (status: 'approved' | 'pending'): Promise<number> =>
    until(async () => {
      const found = (await handlers['queue.summary']({})).byStatus[status];
      return found === ITEMS ? found : null;
    });
  expect(await count('approved')).toBe(ITEMS);
  const { csv } = await handlers['bulk.report']({ sessionId });
  expect(csv.split('\r\n')).toHaveLength(ITEMS + 2);

  const undone = mira.after(isBulk(({ state }) => state === 'undone'));
  expect(await handlers['bulk.undo']({ sessionId })).toMatchObject({ state: 'undoing' });
  expect(await undone).toMatchObject({ session: { settled: ITEMS } });
  expect(await count('pending')).toBe(ITEMS);
  expect(await handlers['bulk.list']({})).toMatchObject([{ sessionId, state: 'undone' }]);
  expect(await verify(db.pool)).toEqual([]);
});

test('it is paused and cancelled on the way, and paused when its window closes', async () => {
  const mira = await windowOf('mira');
  const { handlers } = mira.host;
  const sessionId = await start(mira);
  const moving = mira.after(isBulk(({ settled }) => settled > 0));
  await handlers['bulk.run']({ sessionId });
  await moving;
  const paused = await handlers['bulk.pause']({ sessionId });
  expect(paused.state).toBe('paused');
  expect(paused.settled).toBeLessThan(ITEMS);

  // The window closes while a batch waits for somebody else: that one is completed, and nothing after it.
  const other = await db.pool.connect();
  await other.query('BEGIN');
  await other.query('SELECT 1 FROM umpire.referrals FOR UPDATE');
  await handlers['bulk.run']({ sessionId });
  await somebodyWaits();
  const closing = mira.host.close();
  await other.query('ROLLBACK');
  other.release(true);
  await closing;
  const closed = await readBulk(db.pool, sessionId);
  expect(closed).toMatchObject({ state: 'paused', settled: paused.settled + BATCH });

  // Nobody goes on with it but whoever asks for it; then it is cancelled for good.
  const later = await windowOf('lena', 'lead');
  expect(await later.host.handlers['bulk.get']({ sessionId })).toEqual({ ...closed, isMine: true });
  expect(await later.host.handlers['bulk.cancel']({ sessionId })).toMatchObject({
    state: 'cancelled',
    settled: closed?.settled,
  });
  await expect(later.host.handlers['bulk.run']({ sessionId })).rejects.toMatchObject({ error: { code: 'refused' } });
});

test('it goes on when it is told so while the pause still waits for the batch at hand', async () => {
  const mira = await windowOf('mira');
  const { handlers } = mira.host;
  const sessionId = await start(mira);
  const other = await db.pool.connect();
  await other.query('BEGIN');
  await other.query('SELECT 1 FROM umpire.referrals FOR UPDATE');
  await handlers['bulk.run']({ sessionId });
  await somebodyWaits();
  const done = mira.after(isBulk(({ state }) => state === 'done'));
  const asked = Promise.all([handlers['bulk.pause']({ sessionId }), handlers['bulk.run']({ sessionId })]);
  await other.query('ROLLBACK');
  other.release(true);
  await asked;
  expect(await done).toMatchObject({ session: { settled: ITEMS, outcomes: { applied: ITEMS } } });
});

test('who may not is told why', async () => {
  const [mira, noor, vera] = [await windowOf('mira'), await windowOf('noor'), await windowOf('vera', 'viewer')];
  const sessionId = await start(mira);
  for (const method of ['bulk.run', 'bulk.cancel', 'bulk.pause', 'bulk.undo'] as const) {
    expect(await answer(noor.host.handlers, method, { sessionId }, () => {})).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringContaining('only they and leads') },
    });
  }
  expect(await noor.host.handlers['bulk.get']({ sessionId })).toBeNull();
  const item = (await vera.host.handlers['queue.page']({ filter: FILTER, offset: 0, limit: 1 })).rows[0]?.itemId ?? '';
  for (const [method, request] of [
    ['case.claim', { itemId: item }],
    ['queue.next', { filter: FILTER }],
    [
      'bulk.start',
      { sessionId: randomUUID(), choice: { kind: 'ring', itemId: item }, decision: 'approve', reason: 'household' },
    ],
  ] as const) {
    expect(await answer(vera.host.handlers, method, request, () => {})).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringContaining('role') },
    });
  }
});

test('a claim, its release and the next unclaimed reach the other windows', async () => {
  const [mira, noor] = [await windowOf('mira'), await windowOf('noor')];
  const first = async (): Promise<{ itemId: string; claimedBy: string | null } | undefined> =>
    (await noor.ask('queue.page', { filter: FILTER, offset: 0, limit: 1 })).rows[0];
  const before = await first();
  const itemId = before?.itemId ?? '';
  expect(before?.claimedBy).toBeNull();
  // A server that does not say in time is not waited for; the claim is made all the same.
  const answer = await mira.ask('case.claim', { itemId });
  expect([true, 'unanswered']).toContain(typeof answer === 'string' ? answer : answer.isMine);
  const claimed = await until(async () => (typeof (await first())?.claimedBy === 'string' ? first() : null), {
    everyMs: 10,
  });
  expect(claimed).toMatchObject({ itemId, claimedBy: team.name('mira') });
  expect(await noor.ask('case.get', { itemId })).toMatchObject({
    file: { claim: { by: team.name('mira'), isMine: false } },
  });
  // Nobody is sent to what somebody else has.
  const next = await noor.ask('queue.next', { filter: FILTER });
  expect(next).toMatchObject({ isMine: true, itemId: expect.not.stringContaining(itemId) });
  await mira.ask('case.release', { itemId });
  await until(async () => ((await first())?.claimedBy === null ? true : null), { everyMs: 10 });
  expect(await mira.ask('queue.next', { filter: FILTER })).toMatchObject({ itemId, isMine: true });
});

test('without contact a session is put into the outbox, foreseen before and taken back after', async () => {
  const network = await proxyTo(db.database.connection);
  await team.login('mira');
  const mira = await hosts.open({ databaseUrl: network.through(team.url('mira')) });
  await mira.settled();
  await until(async () => ((await mira.ask('sync.status', {})).pulledAt === null ? null : true));
  await mira.ask('sync.keep', { keep: 100 });
  await until(async () => ((await mira.ask('sync.status', {})).kept.present === 100 ? true : null));
  network.shut();
  await mira.next((notice) => notice.kind === 'sync' && notice.status.link === 'offline');
  // The row of the last one is here, and its evidence is not.
  const last = await mira.ask('queue.page', { filter: FILTER, offset: ITEMS - 1, limit: 1 });
  expect(await mira.ask('case.get', { itemId: last.rows[0]?.itemId ?? '' })).toEqual({ state: 'not_kept' });
  const sessionId = randomUUID();
  const start = {
    sessionId,
    choice: { kind: 'filter' as const, filter: FILTER },
    decision: 'approve',
    reason: 'household',
  } as const;
  const bulkPreview = await mira.ask('sync.bulkPreview', start);
  expect(bulkPreview).toMatchObject({ items: ITEMS, willDecide: ITEMS, skips: [] });
  expect(bulkPreview.paid).toBeGreaterThan(0);
  expect(await mira.ask('sync.status', {})).toMatchObject({ waiting: 0 });
  expect(await mira.ask('sync.bulk', start)).toEqual(bulkPreview);
  // Asked for again, it is the same session.
  expect(await mira.ask('sync.bulk', start)).toEqual(bulkPreview);
  expect(await mira.ask('sync.status', {})).toMatchObject({ waiting: ITEMS });
  expect((await mira.ask('queue.summary', {})).byStatus).toMatchObject({ pending: 0, approved: ITEMS });
  const [itemId = ''] = (
    await mira.ask('queue.page', { filter: { ...FILTER, statuses: ['approved'] }, offset: 0, limit: 1 })
  ).rows.map((row) => row.itemId);
  const ring = { ...start, sessionId: randomUUID(), choice: { kind: 'ring' as const, itemId } };
  expect(await mira.call('sync.bulkPreview', ring)).toMatchObject({
    error: { code: 'refused', message: expect.stringContaining('no contact') },
  });
  expect(await mira.ask('sync.withdrawBulk', { sessionId })).toEqual({ withdrawn: ITEMS, undos: 0 });
  expect((await mira.ask('queue.summary', {})).byStatus.pending).toBe(ITEMS);

  const second = { ...start, sessionId: randomUUID(), choice: { kind: 'items' as const, itemIds: [itemId] } };
  expect(await mira.call('sync.bulk', second)).toMatchObject({
    error: { code: 'refused', message: expect.stringContaining('Preview it again') },
  });
  await mira.ask('sync.bulkPreview', second);
  await mira.ask('sync.bulk', second);
  await network.openAgain();
  await mira.ask('sync.now', {});
  const applied = await mira.next(
    (notice) => notice.kind === 'outbox' && notice.rows.some(({ state }) => state === 'applied'),
  );
  expect(applied).toMatchObject({ rows: [{ itemId, sessionId: second.sessionId, state: 'applied' }] });
  // What was sent is undone as a whole too.
  expect(await mira.ask('sync.withdrawBulk', { sessionId: second.sessionId })).toEqual({
    withdrawn: 0,
    undos: 1,
  });
  await mira.next(
    (notice) =>
      notice.kind === 'outbox' && notice.rows.some(({ kind, state }) => kind === 'undo' && state === 'applied'),
  );
  const { rows } = await db.pool.query<{ status: string }>('SELECT status FROM referrals.review_queue WHERE id = $1', [
    itemId,
  ]);
  expect(rows).toEqual([{ status: 'pending' }]);
  expect(await verify(db.pool)).toEqual([]);
});
