import type { Command } from 'commander';
import { MODES } from '../../domain/vocabulary.ts';
import { migrate } from '../../postgres/migrate.ts';
import { recordedMode } from '../../postgres/mode.ts';
import { choice } from '../arguments.ts';
import { withContext } from '../context.ts';

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('creates or upgrades the database; prints what it did')
    .option('--mode <mode>', `${MODES.join(' or ')}; chosen by what is there when left out`, choice(MODES))
    .action(async ({ mode }: { mode?: (typeof MODES)[number] }, command: Command) => {
      await withContext(
        command,
        async ({ pool, hashKey }) => {
          const isNew = (await recordedMode(pool)) === null;
          return migrate(pool, { key: hashKey({ create: isNew }), ...(mode === undefined ? {} : { mode }) });
        },
        ({ mode: chosen, applied }) =>
          applied.length === 0
            ? `Up to date in ${chosen} mode: nothing to do.`
            : `Migrated in ${chosen} mode: ${applied.join(', ')}.`,
        { unprepared: true },
      );
    });
}
