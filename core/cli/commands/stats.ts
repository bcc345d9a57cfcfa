import type { Command } from 'commander';
import { type DailyStat, dailyStats, refreshDailyStats } from '../../programme/statistics.ts';
import { day } from '../arguments.ts';
import { withContext } from '../context.ts';

type Options = { from?: string; to?: string; app?: string };

export function statsCommand(program: Command): void {
  program
    .command('stats')
    .description('daily statistics, brought up to date')
    .option('--from <day>', 'first UTC day', day)
    .option('--to <day>', 'last UTC day', day)
    .option('--app <app>', 'of one source app; of all together when left out')
    .action(async ({ from, to, app }: Options, command: Command) => {
      const days = { from: from ?? null, to: to ?? null };
      await withContext(
        command,
        async ({ pool }) => {
          await refreshDailyStats(pool, days);
          return dailyStats(pool, days, app);
        },
        printStats,
        { takes: 'engine' },
      );
    });
}

function printStats(stats: readonly DailyStat[]): string {
  const columns = [
    'registrations',
    'activations',
    'qualifications',
    'retentions',
    'creditsPaid',
    'creditsHeld',
    'fraudBlocked',
  ] as const;
  const head = ['date      ', ...columns].join('  ');
  const rows = stats.map((stat) =>
    [stat.date, ...columns.map((name) => String(stat[name]).padStart(name.length))].join('  '),
  );
  return [head, ...rows].join('\n');
}
