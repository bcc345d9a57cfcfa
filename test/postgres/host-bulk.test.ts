import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BulkSession } from '../../core/contract/bulk.ts';
import type { Notice } from '../../core/contract/notices.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { answer } from '../../core/host/answer.ts';
import { type Host, openHost } from '../../core/host/open.ts';
import { verify } from '../../core/programme/verify.ts';
import { BATCH } from '../../core/review/bulk/run.ts';
import { readBulk } from '../../core/review/bulk/read.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { connect } from '../../core/postgres/connection.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import type { MigratedDatabase } from '../support/migrated.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const ITEMS = 2000;
const FILTER = queueFilter.parse({});

let db: MigratedDatabase;
let team: Analysts;
let hosts: Host[];

beforeEach(async () => {
  hosts = [];
  const database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
  const pool = connect(database.url, 'umpire test');
  db = { pool, database, end: () => pool.end().then(() => database.drop()) };
  team = await analysts(db);
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  await team.end();
  await db.end();
});

type Window = { readonly host: Host; readonly next: (wanted: (notice: Notice) => boolean) => Promise<Notice> };

/** The host as this person's window has it. */
async function windowOf(person: string, role: 'viewer' | 'analyst' | 'lead' = 'analyst'): Promise<Window> {
  await team.login(person, role);
  const host = openHost({ home: '/nowhere', databaseUrl: team.url(person), demoReferrals: 0, log: () => {} });
  hosts.push(host);
  const waiting: { readonly wanted: (notice: Notice) => boolean; readonly found: (notice: Notice) => void }[] = [];
  host.subscribe((notice) => {
    for (const one of waiting.filter(({ wanted }) => wanted(notice))) {
      waiting.splice(waiting.indexOf(one), 1);
      one.found(notice);
    }
  });
  const next = (wanted: (notice: Notice) => boolean): Promise<Notice> =>
    new Promise((found) => void waiting.push({ wanted, found }));
  await next((notice) => notice.kind === 'workspace' && notice.status.state === 'ready');
  return { host, next };
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
  const onTheWay = mira.next(isBulk(({ state, settled }) => state === 'running' && settled > 0 && settled < ITEMS));
  const over = mira.next(isBulk(({ state }) => state === 'done'));
  expect(await handlers['bulk.run']({ sessionId })).toMatchObject({ state: 'running' });
  await onTheWay;
  const done = await over;
  expect(done).toMatchObject({ session: { settled: ITEMS, outcomes: { applied: ITEMS }, paid: preview.paid } });
  expect((await handlers['queue.summary']({})).byStatus.approved).toBe(ITEMS);
  const { csv } = await handlers['bulk.report']({ sessionId });
  expect(csv.split('\r\n')).toHaveLength(ITEMS + 2);

  const undone = mira.next(isBulk(({ state }) => state === 'undone'));
  expect(await handlers['bulk.undo']({ sessionId })).toMatchObject({ state: 'undoing' });
  expect(await undone).toMatchObject({ session: { settled: ITEMS } });
  expect((await handlers['queue.summary']({})).byStatus.pending).toBe(ITEMS);
  expect(await handlers['bulk.list']({})).toMatchObject([{ sessionId, state: 'undone' }]);
  expect(await verify(db.pool)).toEqual([]);
});

test('it is paused and cancelled on the way, and paused when its window closes', async () => {
  const mira = await windowOf('mira');
  const { handlers } = mira.host;
  const sessionId = await start(mira);
  const moving = mira.next(isBulk(({ settled }) => settled > 0));
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
  other.release();
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
  const done = mira.next(isBulk(({ state }) => state === 'done'));
  const asked = Promise.all([handlers['bulk.pause']({ sessionId }), handlers['bulk.run']({ sessionId })]);
  await other.query('ROLLBACK');
  other.release();
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
  const queueChanged = (): Promise<Notice> => noor.next(({ kind }) => kind === 'queue');
  const first = async (): Promise<{ itemId: string; claimedBy: string | null } | undefined> =>
    (await noor.host.handlers['queue.page']({ filter: FILTER, offset: 0, limit: 1 })).rows[0];
  // Its look for changes has begun, so that what comes is a change.
  const before = await first();
  const itemId = before?.itemId ?? '';
  expect(before?.claimedBy).toBeNull();
  for (;;) {
    // The first look has nothing to compare with: a claim made before it is no change.
    const told = queueChanged();
    await mira.host.handlers['case.claim']({ itemId, takeOver: false });
    await mira.host.handlers['case.release']({ itemId });
    const heard = await Promise.race([
      told.then(() => true),
      mira.next(({ kind }) => kind === 'queue').then(() => false),
    ]);
    if (heard) break;
  }
  const claimed = queueChanged();
  expect(await mira.host.handlers['queue.next']({ filter: FILTER })).toMatchObject({ itemId, isMine: true });
  await claimed;
  expect(await first()).toMatchObject({ claimedBy: team.name('mira') });
  expect((await noor.host.handlers['case.get']({ itemId }))?.claim).toMatchObject({
    by: team.name('mira'),
    isMine: false,
  });
  const next = await noor.host.handlers['queue.next']({ filter: FILTER });
  expect(next?.itemId).not.toBe(itemId);
});
