import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { demo } from '../../programme/demo/demo.ts';
import { importEvents } from '../../programme/import/import.ts';
import { eventSource } from '../../programme/import/source.ts';
import { migrate } from '../../postgres/migrate.ts';
import { recordedMode } from '../../postgres/mode.ts';
import { wholeNumber } from '../arguments.ts';
import { withContext } from '../context.ts';
import { BadArgument } from '../errors.ts';
import { progressBar } from '../progress.ts';

type Options = { referrals: number; seed: number; truth?: string };

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('fills an empty database with a believable programme')
    .option('--referrals <n>', 'accepted registrations', wholeNumber(1, 10_000_000), 5000)
    .option(
      '--seed <s>',
      'the same seed, clock and number give the same programme',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option('--truth <file>', 'where to write who really cheated, one JSON object a line')
    .action(async ({ referrals, seed, truth: truthFile }: Options, command: Command) => {
      await withContext(
        command,
        async ({ pool, now, hashKey }) => {
          const isNew = (await recordedMode(pool)) === null;
          const key = hashKey({ create: isNew });
          const { mode } = await migrate(pool, { key });
          if (mode !== 'programme') throw new BadArgument('A demo needs a database in programme mode.', 1);
          const { rows } = await pool.query('SELECT 1 FROM auth.users LIMIT 1');
          if (rows.length > 0)
            throw new BadArgument('This database is not empty; a demo fills an empty one. Nothing was changed.', 1);
          const { events, truth } = demo({ referrals, seed, until: now });
          if (truthFile !== undefined) await writeLines(truthFile, truth);
          await pool.query('UPDATE umpire.workspace SET is_demo = true');
          const bar = progressBar();
          try {
            return await importEvents(
              pool,
              eventSource(() => events),
              {
                key,
                now,
                onProgress: ({ phase, done, total }) =>
                  bar.update(phase === 'reading' ? 'Making  ' : 'Applying', done, total),
              },
            );
          } finally {
            bar.stop();
          }
        },
        ({ imported }) => `${imported} events imported. Now score them: umpire score`,
        { unprepared: true, takes: 'owner' },
      );
    });
}

async function writeLines(path: string, values: Iterable<unknown>): Promise<void> {
  const file = await open(path, 'w');
  try {
    let block = '';
    for (const value of values) {
      block += `${JSON.stringify(value)}\n`;
      if (block.length > 65_536) {
        await file.write(block);
        block = '';
      }
    }
    await file.write(block);
  } finally {
    await file.close();
  }
}
