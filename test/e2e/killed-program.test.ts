import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import type { CallOutcome } from '../../core/contract/methods.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { coreHosts } from '../support/core-hosts.ts';
import { launchApp, type LaunchedApp, temporaryHome } from '../support/electron.ts';
import { manyItemsTemplate } from '../support/many-items.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { Random } from '../support/random.ts';
import { until } from '../support/until.ts';

const KILLS = 5;
const ITEMS = 300;
const NOW = new Date('2026-10-01T12:00:00Z');
const PENDING = { filter: queueFilter.parse({}), offset: 0, limit: 100 };

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  home = await temporaryHome();
  database = await createTestDatabase({ template: await manyItemsTemplate(ITEMS, NOW) });
  pool = connect(database.url, 'umpire test');
});
afterEach(async () => {
  for (const pid of coreHosts(home.home)) process.kill(pid, 'SIGKILL');
  await pool.end();
  await database.drop();
  await home.remove();
});

/** A call as the page makes it; null where the program is gone. */
async function call(launched: LaunchedApp, method: string, request: unknown): Promise<CallOutcome | null> {
  return launched.window
    .evaluate(([name, asked]) => umpire.call(name as 'queue.page', asked as never) as Promise<CallOutcome>, [
      method,
      request,
    ] as const)
    .catch(() => null);
}

async function value<Value>(launched: LaunchedApp, method: string, request: unknown): Promise<Value | null> {
  const outcome = await call(launched, method, request);
  return outcome?.ok === true ? (outcome.value as Value) : null;
}

async function opened(): Promise<LaunchedApp> {
  const launched = await launchApp({ home: home.home, databaseUrl: database.url });
  await until(async () => ((await value<{ rows: unknown[] }>(launched, 'queue.page', PENDING)) === null ? null : true));
  return launched;
}

type Item = { readonly itemId: string; readonly version: number };

/** Decides until the program is gone; what was told goes into `told`. */
async function work(launched: LaunchedApp, random: Random, told: Set<string>): Promise<void> {
  for (;;) {
    const page = await value<{ rows: Item[] }>(launched, 'queue.page', PENDING);
    if (page === null) return;
    const { itemId, version } = random.pick(page.rows);
    const decisionId = randomUUID();
    const decided = { decisionId, itemId, expectedVersion: version, decision: 'approve', reason: 'household' };
    if ((await value(launched, 'case.decide', decided)) !== null) told.add(decisionId);
  }
}

describe.runIf(process.platform === 'linux' && inject('runtime').kind === 'registry')('the program', () => {
  it('killed again and again as a power cut does it, loses nothing that it told and does nothing twice', async () => {
    const random = new Random(77);
    const told = new Set<string>();
    for (let life = 0; life < KILLS; life += 1) {
      const launched = await opened();
      const working = work(launched, random, told);
      const enough = told.size + random.int(2, 8);
      await until(async () => (told.size >= enough ? true : null), { everyMs: 5 });
      await pause(random.int(0, 60));
      for (const pid of coreHosts(home.home)) process.kill(pid, 'SIGKILL');
      launched.app.process().kill('SIGKILL');
      await working;
      await until(async () => (coreHosts(home.home).length === 0 ? true : null), { everyMs: 20 });
    }

    const last = await opened();
    await call(last, 'sync.now', {});
    await until(async () => {
      const status = await value<{ link: string; waiting: number }>(last, 'sync.status', {});
      return status?.link === 'online' && status.waiting === 0 ? true : null;
    });
    const outbox = await value<{ rows: { id: string; state: string }[] }>(last, 'sync.outbox', {
      offset: 0,
      limit: 500,
    });
    await last.close();
    const rows = outbox?.rows ?? [];
    expect(told.size).toBeGreaterThan(KILLS);
    expect([...told].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
    expect(rows.filter(({ state }) => state !== 'applied')).toEqual([]);
    const stored = await pool.query<{ id: string }>('SELECT decision_id AS id FROM umpire.decisions ORDER BY 1');
    expect(stored.rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).sort());
    expect(await verify(pool)).toEqual([]);
  });
});
