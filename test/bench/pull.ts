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
import { openQueue, withCopyOf } from './open-queue.ts';
import type { ProgrammeOptions } from './programme.ts';
import { BENCH_NOW } from './setting.ts';

/** Two items a referral of the others: 100,000 of 50,000. */
const ITEMS = 2;
const CHANGES = 100;
/** Items of one statement, as the pull has them: all at once the server would sort and hash on its disk. */
const PAGE = 2000;

/**
 * A first pull into a cache against the least it could be: the same heads read with COPY and inserted with one prepared statement
 * into one table with the same encryption and durability; and deltas, each from asking until its rows are committed here.
 */
export async function measurePull(url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const base = await openQueue(url, referrals * ITEMS, say, 'all');
  const folder = await mkdtemp(join(tmpdir(), 'umpire-bench-pull-'));
  try {
    return await withCopyOf(url, base, (copy) => measureOn(copy, folder, rounds, say));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureOn(url: string, folder: string, rounds: number, say: (line: string) => void): Promise<Figure[]> {
  const pool = connect(url, 'umpire bench');
  const found = { pull: [], server: [], floor: [], decided: [], scored: [], empty: [] } as {
    [Name in Measured]: number[];
  };
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
      for (let turn = 0; turn < DELTAS; turn += 1) {
        await decideSome(pool);
        found.decided.push((await timed(() => pullInto(cache, server))) * 1000);
        await scoreSome(pool);
        found.scored.push((await timed(() => pullInto(cache, server))) * 1000);
        found.empty.push((await timed(() => pullInto(cache, server))) * 1000);
      }
      cache.close();
    }
  } finally {
    await pool.end();
  }
  const against = found.pull.map((seconds, round) => seconds / (found.floor[round] ?? Number.NaN));
  return [
    figure(`first pull of ${items} items`, 's', found.pull),
    figure('first pull, thrown away', 's', found.server),
    figure('first pull, floor', 's', found.floor),
    figure('first pull against the floor', '×', against, atMost(1.5)),
    figure(`delta of ${CHANGES} decisions among ${items}`, 'ms', found.decided, below(100)),
    figure(`delta of ${CHANGES} items scored again among ${items}`, 'ms', found.scored, below(100)),
    figure('delta of nothing', 'ms', found.empty),
  ];
}

/** Deltas of each kind in a round. */
const DELTAS = 5;
type Measured = 'pull' | 'server' | 'floor' | 'decided' | 'scored' | 'empty';

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

async function decideSome(pool: Pool): Promise<void> {
  const ids = await anyPending(pool);
  await decide(
    pool,
    ids.map((itemId) => ({ decisionId: randomUUID(), itemId, decision: 'approve', reason: 'false_positive' })),
    { now: BENCH_NOW },
  );
}

/** As after a change of the rules: other scores in the same band, and the version of the rules that made them. */
async function scoreSome(pool: Pool): Promise<void> {
  await pool.query(
    `WITH chosen AS (SELECT q.id, q.relationship_id FROM unnest($1::uuid[]) AS x (id) JOIN referrals.review_queue AS q USING (id)),
       scored AS (UPDATE umpire.scores AS s SET rule_set_version = s.rule_set_version FROM chosen WHERE s.relationship_id = chosen.relationship_id),
       shown AS (UPDATE referrals.review_queue AS q SET fraud_score = q.fraud_score + 1 FROM chosen WHERE q.id = chosen.id)
     UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id() FROM chosen WHERE i.item_id = chosen.id`,
    [await anyPending(pool)],
  );
}

async function anyPending(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY random() LIMIT ${CHANGES}`,
  );
  return rows.map(({ id }) => id);
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
      const { rows: all } = await client.query<{ id: string }>(
        `SELECT w.item_id AS id FROM umpire.window_items(${at}) AS w`,
      );
      const lines: string[] = [];
      for (let from = 0; from < all.length; from += PAGE) {
        const ids = `'{${all
          .slice(from, from + PAGE)
          .map(({ id }) => id)
          .join()}}'::uuid[]`;
        const copy = new CopyOut(`COPY (${HEADS.replaceAll('$1::uuid[]', ids).replaceAll('$2', at)}) TO STDOUT`);
        await new Promise<void>((resolve, reject) => {
          copy.on('end', () => resolve());
          copy.on('error', reject);
          client.query(copy);
        });
        lines.push(...copy.lines);
      }
      const columns = lines[0]?.split('\t').length ?? 1;
      const names = Array.from({ length: columns }, (_, nth) => `c${nth}`);
      db.exec(`CREATE TABLE heads (${names.join(', ')}, PRIMARY KEY (c0))`);
      const insert = db.prepare(`INSERT INTO heads VALUES (${names.map(() => '?').join(', ')})`);
      db.transaction(() => {
        for (const line of lines) insert.run(...line.split('\t'));
      }).immediate();
      rows = lines.length;
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
