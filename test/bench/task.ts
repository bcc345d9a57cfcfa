/** One task in a process of its own: prints how long it took and its peak memory. */
import { stat } from 'node:fs/promises';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { connect } from '../../core/postgres/connection.ts';
import { hashKey } from '../../core/postgres/hash-key.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { fileSource } from '../../core/programme/import/source.ts';
import { BENCH_KEY, BENCH_NOW } from './setting.ts';
import { scoreOneAtATime } from './one-at-a-time.ts';

const [task = '', url = '', extra = ''] = process.argv.slice(2);
const pool = connect(url, 'umpire bench');
const now = BENCH_NOW;

async function run(): Promise<number> {
  switch (task) {
    case 'import': {
      const report = await importEvents(pool, fileSource(extra, (await stat(extra)).size), {
        key: hashKey(BENCH_KEY),
        now,
      });
      return report.imported;
    }
    case 'score':
      return (await score(pool, { now })).scored;
    case 'rescore':
      await markAllDirty(pool);
      return (await score(pool, { now })).scored;
    case 'one-at-a-time':
      return scoreOneAtATime(pool, Number(extra));
    default:
      throw new Error(`no task ${task}`);
  }
}

const start = performance.now();
const count = await run();
const seconds = (performance.now() - start) / 1000;
await pool.end();
process.stdout.write(JSON.stringify({ seconds, count, peakMiB: process.resourceUsage().maxRSS / 1024 }));
