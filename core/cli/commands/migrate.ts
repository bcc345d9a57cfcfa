import type { Command } from 'commander';
import { MODES } from '../../domain/vocabulary.ts';
import { migrate, type MigrateReport } from '../../postgres/migrate.ts';
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
        printReport,
        { unprepared: true, takes: 'owner' },
      );
    });
}

function printReport({ mode, applied, duplicates }: MigrateReport): string {
  const { fingerprints, dailyStats } = duplicates ?? { fingerprints: 0, dailyStats: 0 };
  const lines = [
    applied.length === 0
      ? `Up to date in ${mode} mode: nothing to do.`
      : `Migrated in ${mode} mode: ${applied.join(', ')}.`,
  ];
  if (fingerprints > 0)
    lines.push(`referrals.fingerprints: ${fingerprints} rows too many by ip_hash without a device.`);
  if (dailyStats > 0) lines.push(`referrals.daily_stats: ${dailyStats} rows too many by date without an app.`);
  if (fingerprints + dailyStats > 0) lines.push('Nothing was changed there; `umpire merge` makes one row of them.');
  return lines.join('\n');
}
