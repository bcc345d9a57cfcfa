import type { Command } from 'commander';
import { z } from 'zod';
import { connect, type Pool } from '../postgres/connection.ts';
import { defaultHome } from '../postgres/embedded/home.ts';
import { openWorkspace } from '../postgres/embedded/workspace.ts';
import { type HashKey, loadHashKey } from '../postgres/hash-key.ts';
import { recordedMode } from '../postgres/mode.ts';
import { BadArgument } from './errors.ts';

/** What every command has: a database, the engine's clock, and where to write. */
export type Context = {
  readonly pool: Pool;
  readonly now: Date;
  /** The clock that `--now` set, for what the server's own would serve: only owner and engine may set it. */
  readonly givenNow: Date | undefined;
  readonly home: string;
  readonly json: boolean;
  readonly hashKey: (options: { create: boolean }) => HashKey;
  /** Standard error: all that is not the result. */
  readonly say: (line: string) => void;
};

const globals = z.object({
  databaseUrl: z.string().optional(),
  now: z.iso
    .datetime({ offset: true, error: '--now takes an ISO 8601 time with zone, such as 2026-03-12T09:14:00Z' })
    .optional(),
  json: z.boolean().default(false),
});

type ContextOptions = {
  /** Runs on a database that was never migrated. */
  readonly unprepared?: boolean;
};

/**
 * Runs a command's work on the database it was pointed at, the embedded workspace without `--database-url`, and prints
 * its result: one JSON document with `--json`, `print` otherwise.
 */
export async function withContext<Result>(
  command: Command,
  work: (context: Context) => Promise<Result>,
  print: (result: Result) => string,
  options: ContextOptions = {},
): Promise<Result> {
  const parsed = globals.safeParse(command.optsWithGlobals());
  if (!parsed.success) throw new BadArgument(parsed.error.issues[0]?.message ?? 'bad arguments');
  const { databaseUrl, now, json } = parsed.data;
  const home = defaultHome(process.env, process.platform, process.getuid?.());
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const url = databaseUrl ?? process.env['UMPIRE_DATABASE_URL'];
  const workspace = url === undefined ? await openWorkspace({ home, onStep: say }) : null;
  const pool = connect(workspace?.connection ?? url ?? '', 'umpire command');
  try {
    if (options.unprepared !== true && (await recordedMode(pool)) === null) {
      throw new BadArgument('This database has not been prepared for Umpire: run `umpire migrate` first.', 1);
    }
    const givenNow = now === undefined ? undefined : new Date(now);
    const result = await work({
      pool,
      now: givenNow ?? new Date(),
      givenNow,
      home,
      json,
      hashKey: ({ create }) => loadHashKey({ env: process.env, home, create }),
      say,
    });
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${print(result)}\n`);
    return result;
  } finally {
    await pool.end();
    await workspace?.release();
  }
}
