import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../core/contract/notices.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { connect } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { JOBS } from '../../core/programme/jobs/index.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { type Host, type HostOptions, openHost } from '../../core/host/open.ts';
import { type Door, doorTo } from '../support/door.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { until } from '../support/until.ts';
import { createTestDatabase, type Connection, type TestDatabase, urlOf } from '../support/postgres.ts';
import { tellDemo } from '../support/story.ts';
import { query, withHome } from './embedded-support.ts';

/** A configured server needs no data folder. */
const NO_HOME = '/nowhere';
const CANARY = 'canary/pass word+7';

let opened: { close(): Promise<void> }[];
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  for (const one of opened.toReversed()) await one.close();
});

type Watched = {
  readonly host: Host;
  readonly said: string[];
  until(wanted: (notice: Notice) => boolean): Promise<Notice>;
};

function open(options: Omit<HostOptions, 'log'>): Watched {
  const said: string[] = [];
  const notices: Notice[] = [];
  let wake: (() => void) | null = null;
  const host = openHost({ ...options, log: (line) => said.push(line) });
  opened.push(host);
  host.subscribe((notice) => {
    notices.push(notice);
    said.push(JSON.stringify(notice));
    wake?.();
  });
  return {
    host,
    said,
    until: async (wanted) => {
      for (;;) {
        const found = notices.splice(0).find(wanted);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const settled = (notice: Notice): boolean => notice.kind === 'workspace' && notice.status.state !== 'starting';

async function statusOf(watched: Watched): Promise<WorkspaceStatus> {
  await watched.until(settled);
  return watched.host.handlers['workspace.status']({});
}

async function testDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  opened.push({ close: () => database.drop() });
  return database;
}

async function door(to: Connection): Promise<Door> {
  const made = await doorTo(to);
  opened.push({ close: async () => made.shut() });
  return made;
}

test('a configured database that was not migrated is refused with the way out, and a retry finds it migrated', async () => {
  const database = await testDatabase();
  const watched = open({ home: NO_HOME, databaseUrl: database.url, demoReferrals: 50 });
  const refused = await statusOf(watched);
  expect(refused).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/Nothing was changed.*migrate --database-url/),
  });
  await expect(watched.host.handlers['queue.summary']({})).rejects.toMatchObject({ error: { code: 'unavailable' } });

  const pool = connect(database.url);
  await migrate(pool, { key: TEST_KEY });
  await tellDemo(pool, 100, new Date('2026-10-01T12:00:00Z'));
  await pool.end();
  await watched.host.handlers['workspace.retry']({});
  expect(await statusOf(watched)).toMatchObject({
    state: 'ready',
    demo: false,
    mode: 'programme',
    role: 'owner',
    ruleSetVersion: 1,
  });

  // A configured server is never filled with demo data.
  const page = await watched.host.handlers['queue.page']({
    filter: { statuses: ['pending'], priorities: [], signals: [], search: '', order: 'priority', unclaimed: false },
    offset: 0,
    limit: 5,
  });
  const [first] = page.rows;
  if (first === undefined) throw new Error('the queue is empty');
  const decision = { decisionId: randomUUID(), itemId: first.itemId, expectedVersion: first.version };
  const result = await watched.host.handlers['case.decide']({ ...decision, decision: 'approve', reason: 'household' });
  expect(result).toMatchObject({ outcome: 'applied', status: 'approved', version: 2 });
  await watched.until(({ kind }) => kind === 'queue');
  expect(await watched.host.handlers['case.get']({ itemId: first.itemId })).toMatchObject({ status: 'approved' });
  expect(await watched.host.handlers['workspace.status']({})).toMatchObject({ decisionsLastHour: 1 });
  const undone = await watched.host.handlers['case.undo']({ undoId: randomUUID(), decisionId: decision.decisionId });
  expect(undone).toMatchObject({ outcome: 'applied', kind: 'undo', status: 'pending', version: 3 });
});

test('a change by another program is noticed', async () => {
  const database = await testDatabase();
  const pool = connect(database.url);
  await migrate(pool, { key: TEST_KEY });
  const watched = open({ home: NO_HOME, databaseUrl: database.url, demoReferrals: 0 });
  await watched.until(settled);
  await tellDemo(pool, 60, new Date('2026-10-01T12:00:00Z'));
  await pool.end();
  await watched.until(({ kind }) => kind === 'queue');
  const summary = await watched.host.handlers['queue.summary']({});
  expect(summary.byStatus.pending).toBeGreaterThan(0);
});

test('the host takes part in the jobs; without the hash key in those that hash nothing', async () => {
  const database = await testDatabase();
  const pool = connect(database.url);
  await migrate(pool, { key: TEST_KEY });
  const watched = open({ home: NO_HOME, databaseUrl: database.url, demoReferrals: 0 });
  await watched.until(settled);
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

test('a lost connection is told, with what is safe, and a retry comes back', async () => {
  const database = await testDatabase();
  const pool = connect(database.url);
  await migrate(pool, { key: TEST_KEY });
  await pool.end();
  const network = await door(database.connection);
  const databaseUrl = urlOf({ ...database.connection, host: '127.0.0.1', port: network.port });
  const watched = open({ home: NO_HOME, databaseUrl, demoReferrals: 0 });
  expect(await statusOf(watched)).toMatchObject({ state: 'ready' });

  network.shut();
  const lost = await statusOf(watched);
  expect(lost).toMatchObject({ state: 'failed', message: expect.stringMatching(/lost.*saved.*retry/) });
  await expect(watched.host.handlers['queue.summary']({})).rejects.toMatchObject({ error: { code: 'unavailable' } });

  await network.openAgain();
  await watched.host.handlers['workspace.retry']({});
  expect(await statusOf(watched)).toMatchObject({ state: 'ready' });
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
    const watched = open({ home: NO_HOME, databaseUrl, demoReferrals: 0 });
    const status = await statusOf(watched);
    expect(status.state).toBe('failed');
    expect([...watched.said, JSON.stringify(status)].join('\n')).not.toMatch(/canary|pass( |%20|\+)word/i);
  }
});

test('a first fill that was cut off is completed at the next start, by its own order', async () => {
  await withHome(async (home) => {
    const first = open({ home, demoReferrals: 400 });
    await first.until((notice) => notice.kind === 'workspace' && JSON.stringify(notice).includes('Living through'));
    await first.host.close();
    expect(existsSync(join(home, 'demo-order.json'))).toBe(true);

    // What was asked for first counts, not what this start would ask for.
    const second = open({ home, demoReferrals: 50 });
    expect(await statusOf(second)).toMatchObject({ state: 'ready', demo: true, label: 'demo workspace' });
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
});
