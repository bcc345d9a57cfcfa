import type { Command } from 'commander';
import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { markAllDirty, score } from '../../engine/score.ts';
import { watch } from '../../engine/watch.ts';
import { checkHashKey, type HashKey } from '../../postgres/hash-key.ts';
import { recordedMode } from '../../postgres/mode.ts';
import type { Pool } from '../../postgres/connection.ts';
import { scanChanges } from '../../programme/observe/scan.ts';
import { withContext } from '../context.ts';
import { progressBar } from '../progress.ts';

export function scoreCommand(program: Command): void {
  program
    .command('score')
    .description('scores what is unscored or changed')
    .option('--all', 'scores everything again', false)
    .option('--watch', 'goes on until it is stopped', false)
    .action(async ({ all, watch: goesOn }: { all: boolean; watch: boolean }, command: Command) => {
      await withContext(
        command,
        async ({ pool, now, hashKey, say }) => {
          const key = hashKey({ create: false });
          await checkHashKey(pool, key);
          await syncPatternKeys(pool, key);
          const look = await lookForChanges(pool, key);
          await look(now);
          if (all) await markAllDirty(pool);
          const bar = progressBar();
          try {
            const report = await score(pool, {
              now,
              onProgress: ({ done, total }) => bar.update('Scoring', done, total),
            });
            if (!goesOn) return report;
          } finally {
            bar.stop();
          }
          const stop = new AbortController();
          for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
          return watch(pool, {
            clock: () => new Date(),
            signal: stop.signal,
            before: look,
            onScored: ({ scored }) => say(`${scored} scored`),
          });
        },
        ({ scored, changed, failing }) =>
          `${scored} referrals scored, ${changed} changed${failing > 0 ? `, ${failing} failing` : ''}.`,
        { takes: 'engine' },
      );
    });
}

const LOOK_EVERY_MS = 60_000;

/** Where another service writes, what it changed is found before anything is scored; not more than once a minute. */
async function lookForChanges(pool: Pool, key: HashKey): Promise<(now: Date) => Promise<void>> {
  if ((await recordedMode(pool)) !== 'observe') return async () => {};
  let looked = Number.NEGATIVE_INFINITY;
  return async (now) => {
    // However the clock was set meanwhile.
    if (Math.abs(now.getTime() - looked) < LOOK_EVERY_MS) return;
    looked = now.getTime();
    await scanChanges(pool, { now, key, full: false });
  };
}
