import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import type { OutboxRow } from '../../core/contract/sync.ts';
import type { Decision } from '../../core/domain/decision.ts';
import { REVIEW_STATUSES } from '../../core/domain/vocabulary.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import type { Head } from '../../core/sync/ports.ts';
import { type Analysts, analysts } from '../support/analysts.ts';
import { type HostChild, RefusedCall, startHostChild } from '../support/host-child.ts';
import { manyItems } from '../support/many-items.ts';
import { TEST_KEY } from '../support/migrated.ts';
import { type OwnServer, ownServer } from '../support/own-server.ts';
import { urlOf } from '../support/postgres.ts';
import { type Proxy, proxyTo } from '../support/proxy.ts';
import { Random } from '../support/random.ts';
import { tell } from '../support/story.ts';
import { until } from '../support/until.ts';

/** The real host, killed while it decides, pushes and pulls, on a network and a server that come and go. */
const KILLS = 50;
const ITEMS = 500;
const SEED = 20_261_122;
const NOW = new Date('2026-10-01T12:00:00Z');
/** In which lives the server itself is stopped or crashes. */
const RESTARTS: readonly number[] = [7, 16, 25, 34, 43];

const MOMENTS = ['decide', 'push', 'pull', 'start', 'time'] as const;
type Moment = (typeof MOMENTS)[number];

let server: OwnServer;
let owner: Pool;
let team: Analysts;
let network: Proxy;
let noor: Pool;
let home: string;
let databaseUrl: string;
/** Every log line of every life. */
let log = '';

beforeAll(async () => {
  server = await ownServer();
  const first = new Client(server.connection);
  await first.connect();
  await first.query('CREATE DATABASE review');
  await first.end();
  const connection = { ...server.connection, database: 'review' };
  owner = connect(urlOf(connection), 'umpire test');
  await migrate(owner, { mode: 'programme', key: TEST_KEY });
  await tell(owner, manyItems(ITEMS, NOW), NOW);
  await owner.query('UPDATE umpire.review_settings SET second_review_share = 0.1');
  team = await analysts({ pool: owner, database: { connection, url: urlOf(connection), drop: async () => {} } });
  await team.login('mira');
  noor = await team.login('noor');
  network = await proxyTo(server.connection);
  const mira = new URL(team.url('mira'));
  databaseUrl = urlOf({
    ...connection,
    host: '127.0.0.1',
    port: network.port,
    user: decodeURIComponent(mira.username),
    password: decodeURIComponent(mira.password),
  });
  home = await mkdtemp(join(tmpdir(), 'umpire-killed-'));
}, 120_000);
afterAll(async () => {
  network.shut();
  await team.end();
  await owner.end();
  await server.end();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** What the host told the analyst: only this must never be lost. */
type Told = { readonly id: string; readonly itemId: string; readonly kind: OutboxRow['kind'] };
type Record = {
  readonly told: Map<string, Told>;
  /** Asked for, whatever became of it. */
  readonly asked: Set<string>;
  readonly kills: { [M in Moment]: number };
};

const FILTER = queueFilter.parse({});

async function aDecision(child: HostChild, random: Random, record: Record): Promise<void> {
  const page = await child.call('queue.page', { filter: FILTER, offset: random.int(0, 30), limit: 20 });
  if (page === null || page.rows.length === 0) return;
  const { itemId, version } = random.pick(page.rows);
  const id = randomUUID();
  record.asked.add(id);
  const decision: Decision = random.chance(0.5) ? 'approve' : random.chance(0.8) ? 'reject' : 'escalate';
  const reason = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' }[decision];
  const row = await child.call('case.decide', {
    decisionId: id,
    itemId,
    expectedVersion: version,
    decision,
    reason,
  });
  if (row !== null) record.told.set(id, { id, itemId, kind: 'decide' });
}

async function anUndo(child: HostChild, random: Random, record: Record): Promise<void> {
  const decisions = [...record.told.values()].filter(({ kind }) => kind === 'decide');
  if (decisions.length === 0) return;
  const { id: decisionId, itemId } = random.pick(decisions.slice(-30));
  const undoId = randomUUID();
  record.asked.add(undoId);
  const row = await child.call('case.undo', { undoId, decisionId });
  // Where it was not sent yet, the decision's own row is withdrawn.
  if (row?.id === undoId) record.told.set(undoId, { id: undoId, itemId, kind: 'undo' });
}

async function aSettlement(child: HostChild, random: Random): Promise<void> {
  const page = await child.call('sync.outbox', { troubled: true, offset: 0, limit: 20 });
  if (page === null || page.rows.length === 0) return;
  await child.call('sync.resolve', { how: 'kept', id: random.pick(page.rows).id });
}

/** Works until the host is gone. */
async function work(child: HostChild, random: Random, record: Record): Promise<void> {
  while (child.process.exitCode === null && child.process.signalCode === null) {
    try {
      const what = random.next();
      if (what < 0.75) await aDecision(child, random, record);
      else if (what < 0.92) await anUndo(child, random, record);
      else await aSettlement(child, random);
    } catch (error) {
      // What the cache refuses has had no effect: there is nothing to keep.
      if (!(error instanceof RefusedCall)) throw error;
    }
    await pause(random.int(0, 20));
  }
}

/** Somebody else decides meanwhile, some of the same items; where the server is away, nobody. */
async function others(random: Random): Promise<void> {
  const { rows } = await owner.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY priority DESC, fraud_score DESC, id LIMIT 60`,
  );
  const calls = random.shuffled(rows).slice(0, random.int(1, 4));
  await decide(
    noor,
    calls.map(({ id }) => ({ decisionId: randomUUID(), itemId: id, decision: 'reject', reason: 'self_referral' })),
  );
}

/** Waits for the moment, and kills. */
async function killAt(moment: Moment, child: HostChild, random: Random, record: Record): Promise<void> {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const ready = isReady(child);
  if (moment === 'start') {
    await pause(random.int(100, 1200));
    reach();
  } else {
    await Promise.race([ready, child.ended]);
  }
  const working = work(child, random, record);
  switch (moment) {
    case 'decide':
      await pause(random.int(0, 200));
      // As the call is on its way.
      setTimeout(reach, random.int(0, 8));
      await aDecision(child, random, record).catch(() => undefined);
      break;
    case 'push':
      child.subscribe((notice) => {
        if (notice.kind === 'outbox' && notice.rows.some(({ state }) => state === 'sending')) {
          setTimeout(reach, random.int(0, 25));
        }
      });
      break;
    case 'pull':
      await others(random).catch(() => undefined);
      setTimeout(reach, random.int(0, 60));
      break;
    case 'time':
      setTimeout(reach, random.int(20, 700));
      break;
    case 'start':
      break;
  }
  // Without contact nothing is pushed.
  await Promise.race([reached, pause(1200)]);
  await child.kill();
  await working;
  record.kills[moment] += 1;
}

function isReady(child: HostChild): Promise<void> {
  return new Promise((resolve) =>
    child.subscribe((notice) => {
      if (notice.kind === 'workspace' && notice.status.state === 'ready') resolve();
    }),
  );
}

/** What the network does during one life; returns how it is mended. */
function disturb(random: Random): () => Promise<void> {
  const what = random.next();
  if (what < 0.5) return async () => {};
  if (what < 0.75) {
    const timers = Array.from({ length: random.int(1, 4) }, () => setTimeout(network.cut, random.int(0, 1800)));
    return async () => timers.forEach(clearTimeout);
  }
  if (what < 0.87) {
    network.shut();
    return network.openAgain;
  }
  const timer = setTimeout(network.stall, random.int(0, 1500));
  return async () => {
    clearTimeout(timer);
    network.flow();
    network.cut();
  };
}

/** Stops the server, in order or not, and starts it again in the middle of a life. */
async function restart(random: Random): Promise<void> {
  await pause(random.int(0, 1200));
  if (random.chance(0.5)) await server.stop();
  else {
    await server.crash();
    await server.stop();
  }
  await pause(random.int(0, 600));
  await server.start();
}

async function wholeOutbox(child: HostChild): Promise<OutboxRow[]> {
  const rows: OutboxRow[] = [];
  for (;;) {
    const page = await child.call('sync.outbox', { offset: rows.length, limit: 500 });
    if (page === null) throw new Error('the host is gone');
    rows.push(...page.rows);
    if (rows.length >= page.total) return rows;
  }
}

async function shownRows(child: HostChild): Promise<unknown[]> {
  const filter = { ...FILTER, statuses: [...REVIEW_STATUSES] };
  const page = await child.call('queue.page', { filter, offset: 0, limit: 500 });
  if (page === null) throw new Error('the host is gone');
  expect(page.total).toBeLessThanOrEqual(500);
  return page.rows
    .map(({ itemId, version, status, score, priority, stake, signals }) =>
      JSON.stringify({ itemId, version, status, score, priority, stake, signals }),
    )
    .sort();
}

async function serverRows(pool: Pool): Promise<unknown[]> {
  const heads: Head[] = [];
  await serverOf(pool).pull(null, async (page) => void heads.push(...page.heads));
  return heads
    .map(({ itemId, version, status, score, priority, stake, signals }) =>
      JSON.stringify({ itemId, version, status, score, priority, stake, signals: signals.map(({ name }) => name) }),
    )
    .sort();
}

test('killed fifty times, nothing that was told is lost and nothing is done twice', { timeout: 400_000 }, async () => {
  const random = new Random(SEED);
  const record: Record = {
    told: new Map(),
    asked: new Set(),
    kills: { decide: 0, push: 0, pull: 0, start: 0, time: 0 },
  };
  const begun = startHostChild(home, databaseUrl);
  await Promise.race([isReady(begun), begun.ended]);
  await until(async () => (typeof (await begun.call('sync.status', {}))?.pulledAt === 'string' ? true : null));
  await begun.kill();

  for (let life = 0; life < KILLS; life += 1) {
    const own = new Random(random.int(0, 2 ** 31));
    const child = startHostChild(home, databaseUrl);
    const mend = disturb(own);
    const restarted = RESTARTS.includes(life) ? restart(own) : null;
    await Promise.all([
      killAt(MOMENTS[life % MOMENTS.length] ?? 'time', child, own, record),
      own.chance(0.4) ? others(own).catch(() => undefined) : null,
    ]);
    await restarted;
    await mend();
    log += child.said();
  }

  const last = startHostChild(home, databaseUrl);
  const mira = connect(team.url('mira'), 'umpire test');
  try {
    await Promise.race([isReady(last), last.ended]);
    await last.call('sync.now', {});
    const before = new Date().toISOString();
    await until(async () => {
      const status = await last.call('sync.status', {});
      return status?.link === 'online' && status.waiting === 0 && (status.pulledAt ?? '') > before ? true : null;
    });

    const outbox = await wholeOutbox(last);
    const byId = new Map(outbox.map((row) => [row.id, row]));
    // Nothing that was told is gone, and nothing is there that nobody asked for.
    expect([...record.told.keys()].filter((id) => !byId.has(id))).toEqual([]);
    expect(outbox.filter(({ id }) => !record.asked.has(id))).toEqual([]);

    // Each key is what it was told to be on the server, once; a first opinion has effect when a second agrees.
    const { rows: stored } = await owner.query<{ id: string; outcome: string }>(
      `SELECT decision_id AS id, CASE proposal WHEN 'agreed' THEN 'applied' ELSE outcome ->> 'outcome' END AS outcome
       FROM umpire.decisions WHERE actor = $1`,
      [team.name('mira')],
    );
    const onServer = new Map(stored.map(({ id, outcome }) => [id, outcome]));
    expect([...onServer.keys()].filter((id) => !byId.has(id))).toEqual([]);
    expect(
      outbox
        .filter(({ state, id }) => state === 'withdrawn' && onServer.get(id) === 'applied')
        .map(({ id, message }) => ({ id, message })),
    ).toEqual([]);
    expect(outbox.filter(({ state, id }) => (state === 'applied') !== (onServer.get(id) === 'applied'))).toEqual([]);
    expect(outbox.filter(({ state }) => state === 'queued' || state === 'sending')).toEqual([]);
    expect(await verify(owner)).toEqual([]);
    // What was sent last comes back with the pull after it.
    const onServerNow = await serverRows(mira);
    await expect.poll(() => shownRows(last)).toEqual(onServerNow);

    // It was killed where it hurts, or all of this proved nothing.
    const states = new Set(outbox.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(['applied', 'conflict', 'withdrawn']));
    expect(record.told.size).toBeGreaterThan(100);
    expect(record.kills).toEqual({ decide: 10, push: 10, pull: 10, start: 10, time: 10 });
    expect(outbox.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(5);
    expect(log).not.toMatch(/a password of the tests/);
  } finally {
    await last.stop();
    await mira.end();
  }
});
