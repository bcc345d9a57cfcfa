import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestHost, testHosts } from '../support/host.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import type { Notice } from '../../core/contract/notices.ts';
import { connect } from '../../core/postgres/connection.ts';
import { changeRole, enableAccount } from '../../core/postgres/roles/accounts.ts';
import { decide } from '../../core/review/decide.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { Story, tell, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');

let db: MigratedDatabase;
let logins: Logins;
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 200, NOW);
  logins = loginsOf(db.database, db.pool);
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

const hosts = testHosts();
afterEach(() => hosts.close());

async function openAs(login: Login): Promise<TestHost> {
  const opened = await hosts.open({ databaseUrl: login.url });
  await opened.settled();
  return opened;
}

async function firstItem({ ask }: TestHost): Promise<{ itemId: string; version: number }> {
  const page = await ask('queue.page', { filter: queueFilter.parse({}), offset: 0, limit: 5 });
  expect(page.total).toBeGreaterThan(0);
  return page.rows[0]!;
}

async function decideFirst(opened: TestHost): Promise<unknown> {
  const { itemId, version } = await firstItem(opened);
  // What is not kept yet the server is asked for, and a busy one is not waited for.
  const { file } = await until(async () => {
    const found = await opened.ask('case.get', { itemId });
    return found?.state === 'whole' ? found : null;
  });
  expect(file).toMatchObject({ itemId, status: 'pending', signals: expect.any(Array) });
  expect(file.referrer.credits).toEqual(expect.any(Number));
  const call = { decisionId: randomUUID(), itemId, expectedVersion: version };
  return opened.call('case.decide', { ...call, decision: 'reject', reason: 'account_farm' });
}

test.each([
  { role: 'analyst', may: { decide: true, lead: false } },
  { role: 'lead', may: { decide: true, lead: true } },
  { role: 'admin', may: { decide: true, lead: true } },
] as const)('the window of a login that is $role reads, decides and takes back', async ({ role, may }) => {
  const login = await logins.add(role);
  const opened = await openAs(login);
  expect(await opened.call('workspace.status', {})).toMatchObject({
    ok: true,
    value: { state: 'ready', analyst: login.name, role, may, undoMinutes: 10, decisionsLastHour: 0 },
  });
  const decided = await decideFirst(opened);
  expect(decided).toMatchObject({ ok: true, value: { decision: 'reject' } });
  const { id: decisionId } = (decided as { value: { id: string } }).value;
  expect(await opened.delivered(decisionId)).toMatchObject({ state: 'applied', message: null });
  expect(await opened.call('workspace.status', {})).toMatchObject({ value: { decisionsLastHour: 1 } });
  const undoId = randomUUID();
  expect(await opened.call('case.undo', { undoId, decisionId })).toMatchObject({ ok: true, value: { kind: 'undo' } });
  expect(await opened.delivered(undoId)).toMatchObject({ state: 'applied' });
  const { itemId } = await firstItem(opened);
  expect(await opened.call('case.bundle', { itemId })).toMatchObject({
    ok: true,
    value: { html: expect.stringContaining(`Evidence of case ${itemId}`) },
  });
  expect(await opened.call('case.bundle', { itemId: randomUUID() })).toEqual({ ok: true, value: null });
  await until(async () => ((await opened.ask('reasons.list', {})).length > 5 ? true : null));
  expect((await opened.ask('queue.summary', {})).byStatus.pending).toBeGreaterThan(5);
  expect(opened.log).toEqual([]);
});

test('a viewer reads and is told that deciding takes another role', async () => {
  const opened = await openAs(await logins.add('viewer'));
  expect(await opened.call('workspace.status', {})).toMatchObject({
    value: { role: 'viewer', may: { decide: false, lead: false } },
  });
  expect(await decideFirst(opened)).toEqual({
    ok: false,
    error: { code: 'refused', message: 'The role of this login does not allow that.' },
  });
  expect(opened.log).toEqual([]);
});

test('a reviewer’s window neither scores nor runs jobs, and still notices what changed', async () => {
  const opened = await openAs(await logins.add('analyst', 'onlooker'));
  const story = new Story()
    .user('2026-02-01T10:00:00Z', 'rita', 'Rita', 'rita@first.example')
    .code('2026-02-01T11:00:00Z', 'rita', 'RITA-1')
    .seen('2026-02-02T10:00:00Z', 'rita', '198.51.100.7', 'device-1')
    .user('2026-02-20T10:00:00Z', 'otto', 'Otto', 'otto@second.example')
    .registered('2026-02-20T11:00:00Z', 'otto', 'RITA-1', '198.51.100.7', 'device-1');
  await db.pool.query('SELECT umpire.mark_dirty(ARRAY(SELECT relationship_id FROM umpire.referrals LIMIT 1))');
  await db.pool.query('DELETE FROM umpire.job_runs');
  const dirty = async (): Promise<unknown> => (await db.pool.query('SELECT count(*)::int AS n FROM umpire.dirty')).rows;
  const before = await dirty();
  expect(before).not.toEqual([{ n: 0 }]);
  // Its first look only remembers what is there: changes go on until one is noticed. Whoever scores would have done so before.
  const isNoticed = await until(async () => {
    await db.pool.query(
      'UPDATE umpire.items SET tx = pg_current_xact_id() WHERE item_id = (SELECT min(item_id::text)::uuid FROM umpire.items)',
    );
    return opened.notices.some(({ kind }) => kind === 'queue') ? true : null;
  });
  expect(isNoticed).toBe(true);
  expect(await dirty()).toEqual(before);
  expect((await db.pool.query('SELECT count(*)::int AS n FROM umpire.job_runs')).rows).toEqual([{ n: 0 }]);
  await tell(
    db.pool,
    story.events.map((event) => ({ ...event, id: `late-${event.id}` })),
    NOW,
  );
  await opened.next(({ kind }) => kind === 'queue');
  expect(opened.log).toEqual([]);
});

test('a login of the engine scores and takes part in the jobs, as the owner’s does', async () => {
  await db.pool.query('DELETE FROM umpire.job_runs');
  await db.pool.query('SELECT umpire.mark_dirty(ARRAY(SELECT relationship_id FROM umpire.referrals LIMIT 1))');
  const opened = await openAs(await logins.add('engine'));
  expect(await opened.call('workspace.status', {})).toMatchObject({ value: { role: 'engine' } });
  const ran = await until(async () => {
    const { rows } = await db.pool.query(
      `SELECT count(DISTINCT job)::int AS jobs, (SELECT count(*)::int FROM umpire.dirty) AS dirty FROM umpire.job_runs WHERE outcome = 'done'`,
    );
    return rows[0].jobs >= 3 && rows[0].dirty === 0 ? rows[0] : null;
  });
  expect(ran).not.toBeNull();
  expect(opened.log).toEqual([]);
});

test('a login without a role is refused with who can give it one', async () => {
  const login = await logins.add('analyst', 'gone');
  await db.pool.query(`REVOKE umpire_analyst FROM "${login.name}" GRANTED BY umpire_owner`);
  const opened = await openAs(login);
  expect(await opened.call('workspace.status', {})).toMatchObject({
    value: { state: 'failed', message: expect.stringMatching(/no role in Umpire.*admin add/) },
  });
});

/** A window whose login decided a case while its connection was cut. */
async function decidedOffline(login: Login): Promise<{ opened: TestHost; network: Proxy; decisionId: string }> {
  const network = await proxyTo(db.database.connection);
  const opened = await hosts.open({ databaseUrl: network.through(login.url) });
  await opened.filled();
  network.shut();
  await opened.next((notice) => notice.kind === 'sync' && notice.status.link === 'offline');
  const decided = await decideFirst(opened);
  expect(decided).toMatchObject({ ok: true, value: { state: 'queued' } });
  return { opened, network, decisionId: (decided as { value: { id: string } }).value.id };
}

test('a role or its rights that are away for a moment take nothing away, and what was decided is sent when they are back', async () => {
  const login = await logins.add('analyst', 'restored');
  const { opened, network, decisionId } = await decidedOffline(login);
  const refused = async (words: RegExp): Promise<void> => {
    await opened.ask('sync.now', {});
    await until(async () => {
      const { reason } = await opened.ask('sync.status', {});
      return words.test(reason ?? '') ? true : null;
    });
    expect(await opened.settled()).toMatchObject({ state: 'ready' });
    expect(await opened.ask('sync.status', {})).toMatchObject({ link: 'offline', waiting: 1 });
    expect((await opened.ask('queue.summary', {})).byStatus.pending).toBeGreaterThan(0);
  };
  try {
    // As while a dump is restored: rights come last.
    await db.pool.query('REVOKE USAGE ON SCHEMA umpire FROM umpire_viewer, umpire_analyst');
    await network.openAgain();
    await refused(/roles of Umpire have no rights/);
    network.shut();
    await opened.ask('sync.now', {});
    await db.pool.query('GRANT USAGE ON SCHEMA umpire TO umpire_viewer, umpire_analyst');
    await db.pool.query(`REVOKE umpire_analyst FROM "${login.name}" GRANTED BY umpire_owner`);
    await network.openAgain();
    await refused(/no role in Umpire/);
    await db.pool.query(`GRANT umpire_analyst TO "${login.name}" GRANTED BY umpire_owner`);
    await opened.ask('sync.now', {});
    expect(await opened.delivered(decisionId)).toMatchObject({ state: 'applied' });
  } finally {
    network.shut();
  }
});

test('an account that is disabled loses its copy at the next contact, and keeps what it decided until it may send it', async () => {
  const login = await logins.add('analyst', 'leaver');
  const { opened, network, decisionId } = await decidedOffline(login);
  try {
    await enableAccount(db.pool, login.name, false, undefined);
    await network.openAgain();
    await opened.ask('sync.now', {});
    const told = await opened.next((notice) => notice.kind === 'workspace' && notice.status.state === 'failed');
    expect(told).toMatchObject({
      status: {
        message: expect.stringMatching(
          /login was disabled.*removed from this computer\. 1 decision that no server has taken stays on this computer/,
        ),
        removal: { lost: 1 },
      },
    });
    expect(opened.log.join('\n')).not.toContain(login.name);
    expect(await opened.call('queue.summary', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await opened.call('sync.wipe', { evenUndelivered: false })).toMatchObject({
      error: { code: 'refused', message: expect.stringMatching(/^1 decision .*Nothing was removed/) },
    });

    // Off-line it shows nothing of what it may not see any more.
    network.shut();
    await opened.ask('workspace.retry', {});
    expect(await opened.settled()).toMatchObject({ state: 'failed' });
    await enableAccount(db.pool, login.name, true, undefined);
    await network.openAgain();
    await opened.ask('workspace.retry', {});
    await opened.next((notice) => notice.kind === 'workspace' && notice.status.state === 'ready');
    expect(await opened.delivered(decisionId)).toMatchObject({ state: 'applied' });
    expect((await opened.ask('queue.summary', {})).byStatus.pending).toBeGreaterThan(0);

    // With nothing left to send nothing is left at all.
    await enableAccount(db.pool, login.name, false, undefined);
    await opened.next((notice) => notice.kind === 'workspace' && notice.status.state === 'failed');
    const [folder = ''] = await readdir(join(opened.home, 'cache'));
    expect(await readdir(join(opened.home, 'cache', folder))).toEqual(['lock']);
  } finally {
    network.shut();
  }
});

test('an account that is disabled keeps what came back and nobody has settled, and is told of it', async () => {
  const login = await logins.add('analyst', 'unsettled');
  const { opened, network, decisionId } = await decidedOffline(login);
  const { rows } = await opened.ask('sync.outbox', { offset: 0, limit: 5 });
  try {
    const reversed = {
      decisionId: randomUUID(),
      itemId: rows[0]!.itemId,
      decision: 'approve',
      reason: 'household',
    } as const;
    expect(await decide(db.pool, [reversed])).toMatchObject([{ outcome: 'applied' }]);
    await network.openAgain();
    await opened.ask('sync.now', {});
    expect(await opened.delivered(decisionId)).toMatchObject({ state: 'conflict' });
    await enableAccount(db.pool, login.name, false, undefined);
    const told = await opened.next((notice) => notice.kind === 'workspace' && notice.status.state === 'failed');
    expect(told).toMatchObject({
      status: {
        message: expect.stringMatching(
          /1 decision that came back and nobody has settled stays on this computer, to be shown when/,
        ),
      },
    });
    expect(await opened.call('sync.wipe', { evenUndelivered: false })).toMatchObject({
      error: {
        code: 'refused',
        message: expect.stringMatching(/^1 decision .*nobody has settled.*Nothing was removed/),
      },
    });
    await enableAccount(db.pool, login.name, true, undefined);
    await opened.ask('workspace.retry', {});
    await opened.next((notice) => notice.kind === 'workspace' && notice.status.state === 'ready');
    await until(async () => ((await opened.ask('sync.status', {})).pulledAt === null ? null : true));
    expect((await opened.ask('sync.outbox', { offset: 0, limit: 5 })).rows).toMatchObject([
      { id: decisionId, state: 'conflict', resolution: null },
    ]);
    expect(await opened.ask('sync.conflict', { id: decisionId })).toMatchObject({
      row: { id: decisionId },
      theirs: { decision: 'approve' },
    });
  } finally {
    network.shut();
  }
});

test('a login whose role is taken away while it works is told so, and keeps its copy', async () => {
  const login = await logins.add('analyst', 'mover');
  const opened = await openAs(login);
  await until(async () => ((await opened.ask('sync.status', {})).pulledAt === null ? null : true));
  await db.pool.query(`REVOKE umpire_analyst FROM "${login.name}" GRANTED BY umpire_owner`);
  await until(async () => (/no role in Umpire/.test((await opened.ask('sync.status', {})).reason ?? '') ? true : null));
  expect((await opened.ask('queue.summary', {})).byStatus.pending).toBeGreaterThan(0);
});

test('what was decided off-line and is refused since the role only looks was never there: it may be withdrawn', async () => {
  const login = await logins.add('analyst', 'lowered');
  const { opened, network, decisionId } = await decidedOffline(login);
  try {
    await changeRole(db.pool, login.name, 'viewer', undefined);
    await network.openAgain();
    await opened.ask('sync.now', {});
    const refused = await until(async () => {
      const { rows } = await opened.ask('sync.outbox', { states: ['queued'], offset: 0, limit: 5 });
      return rows.find(({ message }) => /may only look at present/.test(message ?? '')) ?? null;
    });
    expect(refused).toMatchObject({ id: decisionId, inDoubt: false });
    // It may just be tried again.
    const withdrawn = await until(async () => {
      const { rows } = await opened.ask('sync.outbox', { states: ['queued'], offset: 0, limit: 5 });
      return rows.length === 0 ? null : opened.ask('sync.withdraw', { id: decisionId }).catch(() => null);
    });
    expect(withdrawn).toMatchObject({ state: 'withdrawn' });
    expect(await opened.ask('sync.status', {})).toMatchObject({ waiting: 0 });
    const { rows } = await db.pool.query('SELECT 1 FROM umpire.decisions WHERE decision_id = $1', [decisionId]);
    expect(rows).toEqual([]);
  } finally {
    network.shut();
  }
});

test('a decision that had effect without its answer, and its undo, wait while the role only looks, and are told as they are when it decides again', async () => {
  const login = await logins.add('analyst', 'doubting');
  const { opened, network, decisionId } = await decidedOffline(login);
  const rows = async () => (await opened.ask('sync.outbox', { offset: 0, limit: 5 })).rows;
  const lock = await db.pool.connect();
  try {
    await lock.query('BEGIN; LOCK TABLE umpire.audit_head IN EXCLUSIVE MODE');
    await network.openAgain();
    await opened.ask('sync.now', {});
    await until(async () => ((await rows())[0]?.state === 'sending' ? true : null));
    network.shut();
    await until(async () => ((await rows())[0]?.state === 'queued' ? true : null));
    await lock.query('ROLLBACK');
    // The connection broke after the commit, for all that this computer knows.
    const [{ itemId, decision, reason } = { itemId: '', decision: null, reason: null }] = await rows();
    const own = connect(login.url);
    const call = { decisionId, itemId, expectedVersion: (await firstVersion(itemId)) ?? 0, decision, reason };
    expect((await own.query('SELECT umpire.decide_items($1) AS told', [JSON.stringify([call])])).rows).toMatchObject([
      { told: { outcome: 'applied' } },
    ]);
    await own.end();
    const undoId = randomUUID();
    await opened.ask('case.undo', { undoId, decisionId });

    await db.pool.query(`GRANT umpire_viewer TO "${login.name}" GRANTED BY umpire_owner`);
    await db.pool.query(`REVOKE umpire_analyst FROM "${login.name}" GRANTED BY umpire_owner`);
    await network.openAgain();
    await opened.ask('sync.now', {});
    await until(async () => ((await rows()).some(({ message }) => /only look/.test(message ?? '')) ? true : null));
    expect((await rows()).map(({ id, state }) => [id, state])).toEqual([
      [undoId, 'queued'],
      [decisionId, 'queued'],
    ]);
    await until(async () => {
      const { link, reason: why } = await opened.ask('sync.status', {});
      return link === 'online' && /may only look at present/.test(why ?? '') ? true : null;
    });
    expect(await opened.call('sync.withdraw', { id: decisionId })).toMatchObject({ ok: false });

    await db.pool.query(`GRANT umpire_analyst TO "${login.name}" GRANTED BY umpire_owner`);
    await opened.ask('sync.now', {});
    expect(await opened.delivered(decisionId)).toMatchObject({ state: 'applied' });
    expect(await opened.delivered(undoId)).toMatchObject({ state: 'applied' });
  } finally {
    // Whatever it still holds goes with it.
    lock.release(true);
    network.shut();
  }
});

async function firstVersion(itemId: string): Promise<number | undefined> {
  const { rows } = await db.pool.query<{ version: number }>('SELECT version FROM umpire.items WHERE item_id = $1', [
    itemId,
  ]);
  return rows[0]?.version;
}

test('a database without its rights for a while, as when a backup is restored, costs nobody their decisions', async () => {
  const login = await logins.add('analyst', 'stayer');
  const opened = await openAs(login);
  await opened.filled();
  const groups = 'umpire_viewer, umpire_analyst, umpire_lead, umpire_admin, umpire_engine';
  await db.pool.query(`REVOKE USAGE ON SCHEMA umpire FROM ${groups}`);
  try {
    await opened.next(
      (notice) => notice.kind === 'sync' && /no role in Umpire now|have no rights/.test(notice.status.reason ?? ''),
    );
    expect(await decideFirst(opened)).toMatchObject({ ok: true, value: { state: 'queued' } });
    await opened.ask('sync.now', {});
    expect(await opened.call('workspace.status', {})).toMatchObject({ value: { state: 'ready' } });
  } finally {
    await db.pool.query(`GRANT USAGE ON SCHEMA umpire TO ${groups}`);
  }
  await opened.ask('sync.now', {});
  const [row] = (await opened.ask('sync.outbox', { offset: 0, limit: 1 })).rows;
  expect(await opened.delivered(row?.id ?? '')).toMatchObject({ state: 'applied' });
});

test('a role that is given to a login anew costs it nothing that waits', async () => {
  const login = await logins.add('analyst', 'riser');
  const network = await proxyTo(db.database.connection);
  const opened = await hosts.open({ databaseUrl: network.through(login.url) });
  await opened.filled();
  network.shut();
  await opened.next((notice) => notice.kind === 'sync' && notice.status.link === 'offline');
  const decided = (await decideFirst(opened)) as { value: { id: string } };
  await db.pool.query(`REVOKE umpire_analyst FROM "${login.name}" GRANTED BY umpire_owner`);
  await network.openAgain();
  await opened.ask('sync.now', {});
  await opened.next(
    (notice) => notice.kind === 'sync' && notice.status.reason?.includes('has no role in Umpire') === true,
  );
  expect(await opened.ask('sync.status', {})).toMatchObject({ link: expect.not.stringMatching('online'), waiting: 1 });
  await db.pool.query(`GRANT umpire_lead TO "${login.name}" GRANTED BY umpire_owner`);
  await opened.ask('sync.now', {});
  expect(await opened.delivered(decided.value.id)).toMatchObject({ state: 'applied' });
  await until(async () => {
    const status = await opened.ask('workspace.status', {});
    return status.state === 'ready' && status.may.lead ? true : null;
  });
  network.shut();
});

test('a role that changes while the window is open is shown, and what a case offers follows it', async () => {
  const [lead, other] = [await logins.add('lead', 'demoted'), await logins.add('analyst', 'judge')];
  const judge = await openAs(other);
  const opened = await openAs(lead);
  const { itemId, version } = await firstItem(judge);
  const decisionId = randomUUID();
  const decision = {
    decisionId,
    itemId,
    expectedVersion: version,
    decision: 'reject',
    reason: 'account_farm',
  } as const;
  await judge.ask('case.decide', decision);
  await judge.delivered(decisionId);
  await judge.host.close();
  const offered = async (): Promise<string | null | undefined> => {
    const answer = await opened.ask('case.get', { itemId });
    if (answer?.state !== 'whole') return undefined;
    return answer.file.decisions.find((made) => made.decisionId === decisionId)?.undo;
  };
  await until(async () => ((await offered()) === 'reversal' ? true : null));

  const isRole = (role: string) => (notice: Notice) =>
    notice.kind === 'workspace' && notice.status.state === 'ready' && notice.status.role === role;
  await changeRole(db.pool, lead.name, 'analyst', undefined);
  expect(await opened.next(isRole('analyst'))).toMatchObject({ status: { may: { decide: true, lead: false } } });
  await until(async () => ((await offered()) === null ? true : null));
  await changeRole(db.pool, lead.name, 'viewer', undefined);
  await opened.next(isRole('viewer'));
  const open = await firstItem(opened);
  expect(
    await opened.call('case.decide', { ...decision, itemId: open.itemId, decisionId: randomUUID() }),
  ).toMatchObject({ ok: false, error: { code: 'refused' } });
  await changeRole(db.pool, lead.name, 'lead', undefined);
  await opened.next(isRole('lead'));
  await until(async () => ((await offered()) === 'reversal' ? true : null));
  expect(await opened.ask('sync.status', {})).toMatchObject({ link: 'online' });
});
