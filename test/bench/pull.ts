import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { decide } from '../../core/review/decide.ts';
import { HEADS } from '../../core/sync/postgres/heads.ts';
import type { PullPage, Server } from '../../core/sync/ports.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { CACHE_KEY } from '../support/cache.ts';
import { atMost, below, type Figure, figure } from './figure.ts';
import { onServer, openQueue, urlTo } from './open-queue.ts';
import type { ProgrammeOptions } from './programme.ts';
import { BENCH_NOW } from './setting.ts';

const CHANGES = 100;

/**
 * A first pull into a cache against the least it could be: the same heads read with COPY and inserted with one prepared statement
 * into one table with the same encryption and durability; and a delta.
 */
export async function measurePull(url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const base = await openQueue(url, referrals, say);
  const copy = `${base}_pulled`;
  await onServer(url, (admin) => admin.query(`CREATE DATABASE ${copy} TEMPLATE ${base}`));
  const pool = connect(urlTo(url, copy), 'umpire bench');
  const folder = await mkdtemp(join(tmpdir(), 'umpire-bench-pull-'));
  const found = { pull: [], server: [], floor: [], delta: [], empty: [] } as { [Name in Measured]: number[] };
  let items = 0;
  try {
    const server = serverOf(pool, { now: () => BENCH_NOW });
    for (let round = 0; round < rounds; round += 1) {
      say(`first pull and its floor, round ${round + 1}`);
      const cache = openCache({ folder: join(folder, `cache${round}`), key: CACHE_KEY });
      found.pull.push(await timed(() => pullInto(cache, server)));
      found.server.push(await timed(() => server.pull(null, () => Promise.resolve())));
      const floor = await bare(pool, join(folder, `floor${round}.db`));
      found.floor.push(floor.seconds);
      items = floor.rows;
      await change(pool);
      found.delta.push((await timed(() => pullInto(cache, server))) * 1000);
      found.empty.push((await timed(() => pullInto(cache, server))) * 1000);
      cache.close();
    }
  } finally {
    await pool.end();
    await onServer(url, (admin) => admin.query(`DROP DATABASE ${copy} WITH (FORCE)`));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const against = found.pull.map((seconds, round) => seconds / (found.floor[round] ?? Number.NaN));
  return [
    figure(`first pull of ${items} items`, 's', found.pull),
    figure('first pull, thrown away', 's', found.server),
    figure('first pull, floor', 's', found.floor),
    figure('first pull against the floor', '×', against, atMost(1.5)),
    figure(`delta of ${CHANGES} decisions among ${items}`, 'ms', found.delta, below(100)),
    figure('delta of nothing', 'ms', found.empty),
  ];
}

type Measured = 'pull' | 'server' | 'floor' | 'delta' | 'empty';

/** As the engine does it: of a delta, rows and cursor are one transaction. */
async function pullInto(cache: Cache, server: Server): Promise<void> {
  const pull = cache.beginPull();
  let last: PullPage | null = null;
  const since = cache.position();
  const end = await server.pull(since, (page) => {
    if (last !== null) cache.putPage(pull, last);
    last = page;
    return Promise.resolve();
  });
  cache.endPull(pull, end, last);
}

async function change(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT ${CHANGES}`,
  );
  await decide(
    pool,
    rows.map(({ id }) => ({ decisionId: randomUUID(), itemId: id, decision: 'approve', reason: 'false_positive' })),
    { now: BENCH_NOW },
  );
}

class CopyOut extends pg.Query {
  readonly lines: string[] = [];

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    // The connection reads the next one into the same memory.
    this.lines.push(chunk.toString().slice(0, -1));
  }
}

async function bare(pool: Pool, file: string): Promise<{ readonly seconds: number; readonly rows: number }> {
  const client = await pool.connect();
  const db = new Database(file);
  try {
    db.pragma(`cipher = 'sqlcipher'`);
    db.pragma(`key = "x'${CACHE_KEY}'"`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    let rows = 0;
    const seconds = await timed(async () => {
      const at = `'${BENCH_NOW.toISOString()}'::timestamptz`;
      const ids = `(SELECT array_agg(w.item_id) FROM umpire.window_items(${at}) AS w)`;
      const query = HEADS.replaceAll('$1::uuid[]', ids).replaceAll('$2', at);
      const copy = new CopyOut(`COPY (${query}) TO STDOUT`);
      await new Promise<void>((resolve, reject) => {
        copy.on('end', () => resolve());
        copy.on('error', reject);
        client.query(copy);
      });
      const columns = copy.lines[0]?.split('\t').length ?? 1;
      const names = Array.from({ length: columns }, (_, nth) => `c${nth}`);
      db.exec(`CREATE TABLE heads (${names.join(', ')}, PRIMARY KEY (c0))`);
      const insert = db.prepare(`INSERT INTO heads VALUES (${names.map(() => '?').join(', ')})`);
      db.transaction(() => {
        for (const line of copy.lines) insert.run(...line.split('\t'));
      }).immediate();
      rows = copy.lines.length;
    });
    return { seconds, rows };
  } finally {
    db.close();
    client.release();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
