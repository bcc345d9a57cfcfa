import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, type ClientConfig } from 'pg';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { findPostmaster } from '../../core/postgres/embedded/postmaster.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('embedded-program.ts', import.meta.url));

export async function withHome<T>(work: (home: string) => Promise<T>, name = 'umpire-embedded-test-'): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), name));
  try {
    return await work(home);
  } finally {
    const pid = recordedPid(home);
    if (pid !== null && (await isRunning(home))) process.kill(pid, 'SIGQUIT');
    await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** The process that the workspace names as its server, whether it lives or not. */
export function recordedPid(home: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(layoutOf(home).data, 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return null;
  }
}

export async function isRunning(home: string): Promise<boolean> {
  return (await findPostmaster(layoutOf(home).data)).state === 'alive';
}

export async function query(connection: ClientConfig, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** The process of the session that is asleep in pg_sleep, once there is one. */
export function sleeper(connection: ClientConfig): Promise<number> {
  const search = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  return until(async () => {
    const [row] = (await query(connection, search)) as { pid: number }[];
    return row?.pid ?? null;
  });
}

/** Another Umpire program on the same workspace, in a process group of its own; `uid` is who it becomes. */
export function startProgram(home: string, uid?: number) {
  const child = spawn(process.execPath, [PROGRAM, home, ...(uid === undefined ? [] : [String(uid)])], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = child.pid ?? 0;
  async function say(command: string): Promise<{ value?: unknown; error?: string; code?: string | null }> {
    child.stdin.write(`${command}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`the program ended instead of answering ${command}`);
    return JSON.parse(line.value) as { value?: unknown; error?: string; code?: string | null };
  }
  return {
    pid,
    /** The answer, which may be an error. */
    say,
    /** The answer, which must be no error. */
    async ask(command: string): Promise<unknown> {
      const said = await say(command);
      if (said.error !== undefined) throw new Error(said.error);
      return said.value;
    },
    /** Sends the signal to the program and to what it has in its group, as Ctrl-C does. */
    async kill(signal: NodeJS.Signals): Promise<void> {
      try {
        process.kill(-pid, signal);
      } catch {
        // It has ended.
      }
      await exited;
    },
    /** Lets the program come to its own end. */
    async end(): Promise<number | null> {
      child.stdin.end();
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
