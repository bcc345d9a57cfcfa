import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { BulkSession } from '../../contract/bulk.ts';
import { inTransaction, type Pool } from '../../postgres/connection.ts';
import { readDecisionLines, type RejectedDecision } from '../../review/bulk/lines.ts';
import { isUndone, listBulk, messageOf, readBulk, readBulkItems, type StoredBulkItem } from '../../review/bulk/read.ts';
import { bulkReport } from '../../review/bulk/report.ts';
import { runBulk, type RunOptions, undoBulk } from '../../review/bulk/run.ts';
import { digestOf, freeze, MOST_ITEMS, type Stands } from '../../review/bulk/start.ts';
import { login, uuid, wholeNumber } from '../arguments.ts';
import { type Context, withContext } from '../context.ts';
import { BadArgument, Failed } from '../errors.ts';
import { openSource } from '../open-source.ts';
import { printBulkList, printBulkResult } from '../print/bulk.ts';
import { progressBar } from '../progress.ts';
import { rejectedLines, rejectedPath } from '../rejected-lines.ts';

type Options = {
  readonly as?: string;
  readonly resume?: string;
  readonly undo?: string;
  readonly report?: string;
  readonly list?: true;
  readonly batch?: number;
  readonly strict: boolean;
};

/** What became of one item. */
export type BulkItemResult = Omit<
  StoredBulkItem,
  'position' | 'item_id' | 'decision_id' | 'undo_outcome' | 'undo_message'
> & {
  /** Its line in the file; in a session that was resumed, its place from 1 on. */
  readonly line: number;
  readonly itemId: string;
  readonly decisionId: string;
  readonly undone: boolean;
};

export type BulkResult = {
  /** Null where the file had no good line. */
  readonly session: BulkSession | null;
  readonly results: readonly BulkItemResult[];
  /** Items by outcome; `waiting` are those that it was stopped before. */
  readonly counts: { readonly [outcome: string]: number };
  readonly rejected: number;
  readonly rejectedFile: string | null;
};

export function bulkCommand(program: Command): void {
  program
    .command('bulk')
    .description(
      'decides many items, one JSON object a line; bad lines go to FILE.rejected.jsonl and do not stop the good ones',
    )
    .argument('[file]', 'a file of decisions, or - for standard input')
    .option('--resume <session>', 'goes on with a session that was paused or cut off', uuid)
    .option('--undo <session>', 'takes back what a session decided', uuid)
    .option('--report <session>', 'one line an item, as CSV', uuid)
    .option('--list', 'the latest sessions')
    .option('--as <analyst>', 'on behalf of whom; for owner and engine logins', login)
    .option('--batch <n>', 'decides so many in one transaction', wholeNumber(1, 10_000))
    .option('--strict', 'exit 1 when a line was rejected or an item was not decided as asked', false)
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const { resume, undo, report, list } = options;
      const asked = [file, resume, undo, report, list].filter((one) => one !== undefined);
      if (asked.length !== 1) {
        throw new BadArgument('It takes one of a file, --resume, --undo, --report and --list: `umpire bulk --help`.');
      }
      if (list === true) {
        await withContext(command, async ({ pool }) => ({ sessions: await listBulk(pool) }), printBulkList);
      } else if (report !== undefined) {
        await withContext(
          command,
          ({ pool }) => reportOf(pool, report),
          ({ csv }) => csv.trimEnd(),
        );
      } else {
        await workOn(file, options, command);
      }
    });
}

async function reportOf(pool: Pool, sessionId: string): Promise<{ csv: string }> {
  await known(pool, sessionId);
  return { csv: await bulkReport(pool, sessionId) };
}

async function known(pool: Pool, sessionId: string): Promise<BulkSession> {
  const session = await readBulk(pool, sessionId);
  if (session === null) {
    throw new BadArgument(`There is no bulk session ${sessionId} of yours. \`umpire bulk --list\` lists them.`, 1);
  }
  return session;
}

async function workOn(file: string | undefined, options: Options, command: Command): Promise<void> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt);
  const result = await withContext(
    command,
    (context) => {
      const stands = { onBehalfOf: options.as, now: context.givenNow };
      const work = { ...context, stands, signal: stop.signal, batch: options.batch };
      if (options.undo !== undefined) return go(work, options.undo, undoBulk, 'Taking back');
      if (options.resume !== undefined) return go(work, options.resume, runBulk, 'Deciding');
      return decideFile(work, file ?? '-');
    },
    printBulkResult,
    { takes: 'analyst' },
  );
  const { session } = result;
  if (session !== null && session.state !== 'done' && session.state !== 'undone') {
    const how = session.state === 'undoing' ? `--undo ${session.sessionId}` : `--resume ${session.sessionId}`;
    const over = session.state === 'cancelled' ? 'It was cancelled.' : `Go on with \`umpire bulk ${how}\`.`;
    process.stderr.write(`Stopped after ${session.settled} of ${session.items}. ${over}\n`);
    throw new Failed();
  }
  const undecided = Object.keys(result.counts).some((outcome) => !DECIDED.has(outcome));
  if (options.strict && (result.rejected > 0 || undecided)) throw new Failed();
}

const DECIDED = new Set(['applied', 'agreed', 'awaiting_second']);

type Work = Context & { readonly stands: Stands; readonly signal: AbortSignal; readonly batch: number | undefined };
type Doing = (pool: Pool, sessionId: string, options: RunOptions) => Promise<BulkSession>;

async function decideFile(work: Work, file: string): Promise<BulkResult> {
  const source = await openSource(file);
  const rejects = rejectedLines<RejectedDecision>(rejectedPath(file));
  try {
    const { items, lines, rejected } = await readDecisionLines(source.lines());
    for (const line of rejected) rejects.add(line);
    const rejectedFile = rejects.close();
    if (items.length > MOST_ITEMS) {
      throw new BadArgument(`${file} has ${items.length} decisions, and a session takes ${MOST_ITEMS}: split it.`, 1);
    }
    const bad = { rejected: rejected.length, rejectedFile };
    if (items.length === 0) return { session: null, results: [], counts: {}, ...bad };
    const sessionId = randomUUID();
    await inTransaction(work.pool, (client) =>
      freeze(
        client,
        {
          sessionId,
          items,
          onlyOpen: false,
          decision: null,
          reason: null,
          chosenBy: file === '-' ? 'a list' : 'a file',
          asked: digestOf(items),
        },
        work.stands,
      ),
    );
    work.say(`Session ${sessionId}: ${items.length} items.`);
    return { ...(await go(work, sessionId, runBulk, 'Deciding', lines)), ...bad };
  } finally {
    await source.close();
  }
}

async function go(
  { pool, stands, signal, batch }: Work,
  sessionId: string,
  doing: Doing,
  title: string,
  lines: readonly number[] = [],
): Promise<BulkResult> {
  await known(pool, sessionId);
  const bar = progressBar();
  try {
    const session = await doing(pool, sessionId, {
      ...stands,
      signal,
      ...(batch === undefined ? {} : { batch }),
      onProgress: ({ settled, items }) => bar.update(title, settled, items),
    });
    const results = await resultsOf(pool, session, lines);
    return { session, results, counts: countsOf(results), rejected: 0, rejectedFile: null };
  } finally {
    bar.stop();
  }
}

const PAGE = 2000;

async function resultsOf(
  pool: Pool,
  { sessionId, items }: BulkSession,
  lines: readonly number[],
): Promise<BulkItemResult[]> {
  const results: BulkItemResult[] = [];
  for (let offset = 0; offset < items; offset += PAGE) {
    for (const item of await readBulkItems(pool, sessionId, offset, PAGE)) {
      const { position, decision, reason, note, outcome, paid, rejected, reversed } = item;
      results.push({
        line: lines[position] ?? position + 1,
        itemId: item.item_id,
        decisionId: item.decision_id,
        decision,
        reason,
        note,
        outcome,
        message: messageOf(item),
        paid,
        rejected,
        reversed,
        undone: isUndone(item),
      });
    }
  }
  return results;
}

function countsOf(results: readonly BulkItemResult[]): { [outcome: string]: number } {
  const counts: { [outcome: string]: number } = {};
  for (const { outcome } of results) counts[outcome ?? 'waiting'] = (counts[outcome ?? 'waiting'] ?? 0) + 1;
  return counts;
}
