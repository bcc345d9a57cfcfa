import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ImportReport, importEvents, type RejectedLine } from '../../programme/import/import.ts';
import { fileSource, type Source, streamSource } from '../../programme/import/source.ts';
import { withContext } from '../context.ts';
import { BadArgument, Failed } from '../errors.ts';
import { progressBar } from '../progress.ts';

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
          const rejects = rejectedLines(`${file === '-' ? 'stdin' : file}.rejected.jsonl`);
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

async function openSource(file: string): Promise<Source> {
  if (file === '-') return streamSource(process.stdin);
  const found = await stat(file).catch(() => null);
  if (found === null) throw new BadArgument(`There is no file ${file}.`, 1);
  if (found.isDirectory()) throw new BadArgument(`${file} is a folder.`, 1);
  // A pipe or a device can be read only once.
  return found.isFile() ? fileSource(file, found.size) : streamSource(createReadStream(file));
}

type RejectedLines = { readonly add: (line: RejectedLine) => void; readonly close: () => string | null };

/** Rejected lines on disk as they come. Without any, the file that an earlier import left under this name goes. */
function rejectedLines(path: string): RejectedLines {
  let file: number | null = null;
  return {
    add: (line) => {
      file ??= openSync(path, 'w', 0o600);
      writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close: () => {
      if (file === null) {
        rmSync(path, { force: true });
        return null;
      }
      closeSync(file);
      return path;
    },
  };
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
