import { connect, type Pool } from '../../core/postgres/connection.ts';
import { inSnapshot } from '../../core/postgres/snapshot.ts';
import type { KeptFacts } from '../../core/sync/ports.ts';
import { readKeptFacts } from '../../core/sync/postgres/facts.ts';
import { atLeast, type Figure, figure } from './figure.ts';
import { openQueue, urlTo } from './open-queue.ts';
import type { ProgrammeOptions } from './programme.ts';

const MANY = 500;
const ALONE = 50;

/** The evidence of many cases at once, against the same of each alone, both masked and as JSON. */
export async function measureFacts(url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const pool = connect(urlTo(url, await openQueue(url, referrals, say)), 'umpire bench', 1);
  try {
    const ids = await openItems(pool);
    const together: number[] = [];
    const alone: number[] = [];
    await keptFrom(pool, ids);
    for (let round = 0; round < rounds; round += 1) {
      say(`facts of ${ids.length} cases, and of each alone, round ${round + 1}`);
      together.push((await timed(() => keptFrom(pool, ids))) / ids.length);
      const some = ids.slice(0, ALONE);
      alone.push(
        (await timed(async () => {
          for (const id of some) await keptFrom(pool, [id]);
        })) / some.length,
      );
    }
    const kept = await keptFrom(pool, ids);
    const sizes = kept.map(({ json }) => Buffer.byteLength(json));
    return [
      figure(`facts of ${ids.length} cases, each`, 'ms', together),
      figure('facts of one case', 'ms', alone),
      figure(
        'facts, one by one against many at once',
        '×',
        alone.map((ms, round) => ms / (together[round] ?? Number.NaN)),
        atLeast(3),
      ),
      figure('facts of a case, as JSON', 'bytes', [sizes.reduce((sum, size) => sum + size, 0) / sizes.length]),
    ];
  } finally {
    await pool.end();
  }
}

function keptFrom(pool: Pool, ids: readonly string[]): Promise<KeptFacts[]> {
  return inSnapshot(pool, (db) => readKeptFacts(db, ids));
}

async function openItems(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY priority DESC, fraud_score DESC, id LIMIT ${MANY}`,
  );
  return rows.map(({ id }) => id);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
