import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { runUmpire, type Run } from './scenario-command.ts';
import { migratedDatabase, openPool } from './scenario-database.ts';

/** What an import said about itself, in the words of SPEC 7. */
export type ImportFacts = {
  readonly refused: { readonly [reason: string]: number };
  readonly duplicates: number;
  /** Lines that went to FILE.rejected.jsonl. */
  readonly rejected: readonly RejectedLine[];
};

export type RejectedLine = { readonly line: number; readonly reason: unknown };

/** A database of its own with the command line pointed at it. */
export type Workbench = {
  readonly url: string;
  readonly pool: Pool;
  readonly imports: readonly ImportFacts[];
  /** Runs a command; fails unless it ends with that exit code. */
  readonly umpire: (args: readonly string[], exit?: number) => Promise<Run>;
  readonly import: (lines: readonly string[], now: string, flags: readonly string[], exit: number) => Promise<void>;
  /** The id of the only item of that referee which is in one of these states. */
  readonly itemOf: (refereeId: string, statuses: readonly string[]) => Promise<string>;
  readonly close: () => Promise<void>;
};

async function readRejected(path: string): Promise<readonly RejectedLine[]> {
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { line: number, reason } = JSON.parse(line) as RejectedLine;
    return { line: number, reason };
  });
}

export async function openWorkbench(): Promise<Workbench> {
  const database = await migratedDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'umpire-scenario-'));
  const pool = openPool(database.url);
  const imports: ImportFacts[] = [];
  let files = 0;

  const umpire: Workbench['umpire'] = async (args, exit = 0) => {
    const run = await runUmpire([...args, '--database-url', database.url]);
    if (run.exit !== exit) {
      throw new Error(`umpire ${args.join(' ')}: exit ${run.exit} instead of ${exit}\n${run.stdout}\n${run.stderr}`);
    }
    return run;
  };

  return {
    url: database.url,
    pool,
    imports,
    umpire,
    import: async (lines, now, flags, exit) => {
      files += 1;
      const file = join(folder, `events-${files}.jsonl`);
      await writeFile(file, lines.map((line) => `${line}\n`).join(''));
      const { stdout } = await umpire(['import', file, '--now', now, '--json', ...flags], exit);
      const summary = JSON.parse(stdout) as { refused: ImportFacts['refused']; duplicates: number };
      const rejected = await readRejected(`${file}.rejected.jsonl`);
      imports.push({ refused: summary.refused, duplicates: summary.duplicates, rejected });
    },
    itemOf: async (refereeId, statuses) => {
      const { rows } = await pool.query<{ id: string }>(
        `select q.id from referrals.review_queue q join referrals.relationships r on r.id = q.relationship_id
         where r.referee_id = $1 and q.status::text = any ($2)`,
        [refereeId, statuses],
      );
      const [only, ...others] = rows;
      if (!only || others.length > 0) throw new Error(`${refereeId} has ${rows.length} such items instead of one`);
      return only.id;
    },
    close: async () => {
      await pool.end();
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}
