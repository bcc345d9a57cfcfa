import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type AuditEntry,
  type AuditHead,
  type AuditReport,
  checkExport,
  exportAudit,
  headText,
  parseHead,
} from '../../review/audit-log.ts';
import { wholeNumber } from '../arguments.ts';
import { withContext } from '../context.ts';
import { BadArgument, Failed } from '../errors.ts';

const LAST = Number.MAX_SAFE_INTEGER;

/** `<seq>:<hash>`, as `umpire verify` prints it. */
export function auditHead(text: string): AuditHead {
  const head = parseHead(text);
  if (head === null) throw new InvalidArgumentError('It is <number>:<hash>, as `umpire verify` prints it.');
  return head;
}

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the audit log: export, and check of what was exported');
  audit
    .command('export')
    .description('writes the audit log, one JSON object a line')
    .argument('[file]', 'a new file; - for standard output', '-')
    .option('--from <seq>', 'from this entry on', wholeNumber(1, LAST), 1)
    .option('--to <seq>', 'up to this one', wholeNumber(1, LAST), LAST)
    .action(async (file: string, range: { from: number; to: number }, command: Command) => {
      let summary = '';
      await withContext(
        command,
        async ({ pool, say }) => {
          const sink = await openSink(file);
          try {
            const entries = await exportAudit(pool, range, sink.write);
            summary = `${entries} entries${file === '-' ? '' : ` written to ${file}`}.`;
            if (file === '-') say(summary);
            return { file, entries };
          } finally {
            await sink.close();
          }
        },
        () => summary,
        { takes: 'lead', prints: file !== '-' },
      );
    });
  audit
    .command('check')
    .description('checks an exported log without a database; exit 1 with every fault listed')
    .argument('<file>', 'what `umpire audit export` wrote')
    .option('--head <head>', 'fails where the log does not contain this head', auditHead)
    .action(async (file: string, { head }: { head?: AuditHead }, command: Command) => {
      const { report, contains } = await checkFile(file, head);
      const isGood = report.faults.length === 0 && contains;
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const shown = report.head === null ? null : headText(report.head);
      process.stdout.write(
        json === true
          ? `${JSON.stringify({ ...report, head: shown, containsHead: head === undefined ? null : contains })}\n`
          : `${printReport(report, head, contains)}\n`,
      );
      if (!isGood) throw new Failed();
    });
}

async function checkFile(file: string, head?: AuditHead): Promise<{ report: AuditReport; contains: boolean }> {
  const opened = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new BadArgument(error.code === 'ENOENT' ? `There is no file ${file}.` : error.message);
  });
  let contains = head === undefined || (head.seq === 0 && head.hash === '0'.repeat(64));
  async function* lines(): AsyncGenerator<string> {
    for await (const line of opened.readLines()) {
      if (head !== undefined && line.includes(head.hash)) contains ||= holds(line, head);
      yield line;
    }
  }
  try {
    return { report: await checkExport(lines()), contains };
  } finally {
    await opened.close();
  }
}

function holds(line: string, head: AuditHead): boolean {
  try {
    const entry = JSON.parse(line) as Partial<AuditEntry>;
    return entry.seq === head.seq && entry.hash === head.hash;
  } catch {
    return false;
  }
}

function printReport(report: AuditReport, head: AuditHead | undefined, contains: boolean): string {
  const lines = report.faults.map(({ line, fault }) => `line ${line} ${fault}`);
  if (head !== undefined && !contains) lines.push(`the log does not contain the head ${headText(head)}`);
  const range =
    report.head === null ? 'no entries' : `${report.entries} entries, ${report.first} to ${report.head.seq}`;
  lines.push(lines.length === 0 ? `The chain is whole: ${range}.` : `${range}, and the chain is broken.`);
  if (report.head !== null) lines.push(`Head ${headText(report.head)}`);
  return lines.join('\n');
}

type Sink = { readonly write: (entry: AuditEntry) => Promise<void>; readonly close: () => Promise<void> };

/** A new file that only its owner reads, or standard output. */
async function openSink(file: string): Promise<Sink> {
  const text = (entry: AuditEntry): string => `${JSON.stringify(entry)}\n`;
  if (file === '-') {
    return {
      write: async (entry) => {
        if (!process.stdout.write(text(entry))) await once(process.stdout, 'drain');
      },
      close: async () => {},
    };
  }
  const opened = await open(file, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new BadArgument(
      error.code === 'EEXIST' ? `${file} exists already, and nothing is written over it.` : error.message,
    );
  });
  return {
    write: async (entry) => {
      await opened.write(text(entry));
    },
    close: () => opened.close(),
  };
}
