import type { Command } from 'commander';
import { z } from 'zod';
import { connect, type Pool } from '../postgres/connection.ts';
import { defaultHome } from '../postgres/embedded/home.ts';
import { openWorkspace } from '../postgres/embedded/workspace.ts';
import { type HashKey, loadHashKey } from '../postgres/hash-key.ts';
import { isMigrated } from '../postgres/mode.ts';
import { endedInWords, withoutObstructions } from '../postgres/obstructions.ts';
import { isEngine, type LoginRole, loginRole, NotAllowedError, requireRole } from '../postgres/roles/login.ts';
import { BadArgument } from './errors.ts';

/** What every command has: a database, the engine's clock, and where to write. */
export type Context = {
  readonly pool: Pool;
  readonly now: Date;
  /** The clock that `--now` set, for what the server's own would serve: only owner and engine may set it. */
  readonly givenNow: Date | undefined;
  /** What the login is here; null in a database that was never migrated. */
  readonly role: LoginRole | null;
  /** Its name; empty where `role` is null. */
  readonly login: string;
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
  /** The least role that may run it; a viewer where it does not say. */
  readonly takes?: LoginRole;
  /** False where standard output is the work's own. */
  readonly prints?: boolean;
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
    const givenNow = now === undefined ? undefined : new Date(now);
    const { role, login } = await checkedRole(pool, options, givenNow !== undefined);
    const context: Context = {
      pool,
      now: givenNow ?? new Date(),
      givenNow,
      role,
      login,
      home,
      json,
      hashKey: ({ create }) => loadHashKey({ env: process.env, home, create }),
      say,
    };
    const result = await (options.takes === 'engine'
      ? withoutObstructions(
          pool,
          (ended) => say(endedInWords(ended)),
          () => work(context),
        )
      : work(context));
    if (options.prints !== false) process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${print(result)}\n`);
    return result;
  } finally {
    await pool.end();
    await workspace?.release();
  }
}

async function checkedRole(
  pool: Pool,
  { unprepared, takes = 'viewer' }: ContextOptions,
  hasClock: boolean,
): Promise<{ role: LoginRole | null; login: string }> {
  const isPrepared = await isMigrated(pool);
  if (!isPrepared) {
    if (unprepared === true) return { role: null, login: '' };
    throw new BadArgument('This database has not been prepared for Umpire: run `umpire migrate` first.', 1);
  }
  const role = await loginRole(pool);
  // Whoever owns the database may not be a member of the owner's role yet: `migrate` makes them one, or says who can.
  if (unprepared === true && role === null) return { role, login: '' };
  const { rows } = await pool.query<{ login: string }>('SELECT session_user AS login');
  const login = rows[0]?.login ?? '';
  requireRole(role, takes, login);
  if (hasClock && !isEngine(role)) {
    throw new NotAllowedError(`--now is for the owner and the engine, and the login ${login} is ${role}.`);
  }
  return { role, login };
}
