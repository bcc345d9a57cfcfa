import { randomUUID } from 'node:crypto';
import { connect, inTransaction, type Pool } from '../../core/postgres/connection.ts';
import { previewBulk } from '../../core/review/bulk/preview.ts';
import { runBulk } from '../../core/review/bulk/run.ts';
import { startBulk } from '../../core/review/bulk/start.ts';
import { decide } from '../../core/review/decide.ts';
import { atMost, type Figure, figure } from './figure.ts';
import { prepareFloor, type Moved, movedSince, runFloor } from './floor.ts';
import { onServer, openQueue, SHARE, urlTo } from './open-queue.ts';
import type { ProgrammeOptions } from './programme.ts';
import { BENCH_NOW } from './setting.ts';

const DECISIONS = [
  ['approve', 'false_positive'],
  ['reject', 'account_farm'],
] as const;

/**
 * A bulk session, and the same decisions in one call, against the bare floor: the statements that move the same rows of the same
 * tables in a copy of the same database, in one transaction.
 */
export async function measureBulk(url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const items = Math.max(50, Math.round(referrals / SHARE));
  const base = await openQueue(url, referrals, say);
  const figures: Figure[] = [];
  for (const [decision, reason] of DECISIONS) {
    const session: number[] = [];
    const preview: number[] = [];
    const sessionFloor: number[] = [];
    const single: number[] = [];
    const singleFloor: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`${decision}: a bulk session of ${items} items and its floor, round ${round + 1}`);
      const bulk = await onCopy(url, base, (pool) => bulkSession(pool, { items, decision, reason }));
      session.push(bulk.seconds);
      preview.push(bulk.previewSeconds);
      sessionFloor.push(await onCopy(url, base, (pool) => floor(pool, bulk.moved)));
      const one = await onCopy(url, base, (pool) => oneCall(pool, { items, decision, reason }));
      single.push(one.seconds);
      singleFloor.push(await onCopy(url, base, (pool) => floor(pool, one.moved)));
    }
    const against = (whole: readonly number[], bare: readonly number[]): number[] =>
      whole.map((seconds, round) => seconds / (bare[round] ?? Number.NaN));
    figures.push(
      figure(`bulk, ${decision} ${items}`, 's', session),
      figure(`bulk, ${decision} ${items}, bare floor`, 's', sessionFloor),
      figure(`bulk, ${decision} ${items}, against the floor`, '×', against(session, sessionFloor), atMost(3)),
      figure(`bulk, preview of ${decision} ${items}`, 's', preview),
      figure(`one call, ${decision} ${items}`, 's', single),
      figure(`one call, ${decision} ${items}, against its floor`, '×', against(single, singleFloor)),
    );
  }
  return figures;
}

type Asked = { readonly items: number; readonly decision: 'approve' | 'reject'; readonly reason: string };
type Done = { readonly seconds: number; readonly moved: readonly Moved[] };
type Session = Done & { readonly previewSeconds: number };

async function bulkSession(pool: Pool, { items, decision, reason }: Asked): Promise<Session> {
  const itemIds = await openItems(pool, items);
  const since = await currentXact(pool);
  const sessionId = randomUUID();
  const start = { sessionId, choice: { kind: 'items', itemIds }, decision, reason } as const;
  const startSeconds = await timed(() => startBulk(pool, start, BENCH_NOW, { now: BENCH_NOW }));
  const previewSeconds = await timed(() => previewBulk(pool, sessionId, BENCH_NOW, { now: BENCH_NOW }));
  const runSeconds = await timed(async () => {
    const session = await runBulk(pool, sessionId, { now: BENCH_NOW });
    if (session.outcomes['applied'] !== items) throw new Error(`not all were applied: ${JSON.stringify(session)}`);
  });
  return { seconds: startSeconds + runSeconds, previewSeconds, moved: await movedSince(pool, since) };
}

async function oneCall(pool: Pool, { items, decision, reason }: Asked): Promise<Done> {
  const itemIds = await openItems(pool, items);
  const since = await currentXact(pool);
  const calls = itemIds.map((itemId) => ({ decisionId: randomUUID(), itemId, decision, reason }));
  const seconds = await timed(async () => {
    const results = await decide(pool, calls, { now: BENCH_NOW });
    if (results.some(({ outcome }) => outcome !== 'applied')) throw new Error('not all were applied');
  });
  return { seconds, moved: await movedSince(pool, since) };
}

async function floor(pool: Pool, moved: readonly Moved[]): Promise<number> {
  const statements = await prepareFloor(pool, moved);
  return timed(() => inTransaction(pool, (client) => runFloor(client, statements)));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function openItems(pool: Pool, items: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY fraud_score DESC, id LIMIT $1`,
    [items],
  );
  if (rows.length < items) throw new Error(`only ${rows.length} items are open`);
  return rows.map(({ id }) => id);
}

async function currentXact(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ xact: string }>('SELECT pg_current_xact_id()::text AS xact');
  return rows[0]?.xact ?? '0';
}

/** In a copy that is gone afterwards; its pages are read once before, so that both sides find them in memory. */
async function onCopy<Result>(url: string, base: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const name = `umpire_copy_${randomUUID().slice(0, 8)}`;
  await onServer(url, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${base}`));
  const pool = connect(urlTo(url, name), 'umpire bench');
  try {
    await warm(pool);
    await onServer(url, (admin) => admin.query('CHECKPOINT'));
    return await work(pool);
  } finally {
    await pool.end();
    await onServer(url, (admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

async function warm(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('referrals', 'credits', 'umpire')`,
  );
  for (const { name } of rows) await pool.query(`SELECT count(*) FROM (SELECT t.* FROM ${name} AS t OFFSET 0) AS x`);
}
