import type { Command } from 'commander';
import { merge, type MergeReport } from '../../programme/merge.ts';
import { withContext } from '../context.ts';

export function mergeCommand(program: Command): void {
  program
    .command('merge')
    .description(
      'makes one row of those that are the same fingerprint without a device, or the same day without an app',
    )
    .option('--dry-run', 'says what it would do and changes nothing', false)
    .action(async ({ dryRun }: { dryRun: boolean }, command: Command) => {
      await withContext(command, ({ pool }) => merge(pool, { dryRun }), printReport, {
        unprepared: true,
        takes: 'owner',
      });
    });
}

function printReport({ dryRun, fingerprints, userFingerprints, dailyStats }: MergeReport): string {
  if (fingerprints + dailyStats === 0) return 'Every row is there once: nothing to merge.';
  const would = dryRun ? 'would go' : 'went';
  return [
    `referrals.fingerprints: ${fingerprints} rows ${would} into the oldest of their address.`,
    `referrals.user_fingerprints: ${userFingerprints} links ${would} to those.`,
    `referrals.daily_stats: ${dailyStats} rows ${would} into another of their day.`,
  ].join('\n');
}
