import type { Command } from 'commander';
import { type ImportReport, importEvents, type RejectedLine } from '../../programme/import/import.ts';
import { withContext } from '../context.ts';
import { Failed } from '../errors.ts';
import { openSource } from '../open-source.ts';
import { progressBar } from '../progress.ts';
import { rejectedLines, rejectedPath } from '../rejected-lines.ts';

export function importCommand(program: Command): void {
  program
    .command('import')
    .description(
      'reads events, one JSON object a line; bad lines go to FILE.rejected.jsonl and do not stop the good ones',
    )
    .argument('<file>', 'an event file, or - for standard input')
    .option('--strict', 'exit 1 when a line was rejected', false)
    .action(async (file: string, { strict }: { strict: boolean }, command: Command) => {
      const report = await withContext(
        command,
        async ({ pool, now, hashKey }) => {
          const source = await openSource(file);
          const rejects = rejectedLines<RejectedLine>(rejectedPath(file));
          const bar = progressBar();
          try {
            const result = await importEvents(pool, source, {
              key: hashKey({ create: false }),
              now,
              onRejected: rejects.add,
              onProgress: ({ phase, done, total }) =>
                bar.update(phase === 'reading' ? 'Reading ' : 'Applying', done, total),
            });
            return { ...result, rejectedFile: rejects.close() };
          } finally {
            bar.stop();
            await source.close();
          }
        },
        printReport,
        { takes: 'engine' },
      );
      if (strict && report.rejected > 0) throw new Failed();
    });
}

function printReport(report: ImportReport & { rejectedFile: string | null }): string {
  const lines = [
    `${report.imported} events imported, ${report.duplicates} known already, ${report.rejected} lines rejected.`,
  ];
  if (report.rejectedFile !== null) lines.push(`Rejected lines: ${report.rejectedFile}`);
  for (const [reason, refused] of Object.entries(report.refused)) lines.push(`${refused} refused: ${reason}`);
  if (report.parked > 0) lines.push(`${report.parked} of them wait for a user or code that is not known yet.`);
  return lines.join('\n');
}
