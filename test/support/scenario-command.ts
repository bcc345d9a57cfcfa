import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Fixed, so that a copy of a database takes the key of its template. */
export const HASH_KEY = '5f3a9c0e7d1b2846a0c4e8f21b3d5f7799aabbccddeeff000123456789abcdef';

export type Run = { readonly exit: number; readonly stdout: string; readonly stderr: string };

/** Hundreds of processes start here, so Node keeps what it compiled. */
const COMPILED = join(ROOT, 'node_modules/.cache/umpire-test');

/** `npm run umpire -- …` as a real process of its own. */
export function runUmpire(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((done, fail) => {
    execFile(
      process.execPath,
      [join(ROOT, 'core/cli/main.ts'), ...args],
      {
        cwd: ROOT,
        env: { ...process.env, UMPIRE_HASH_KEY: HASH_KEY, NODE_COMPILE_CACHE: COMPILED, ...more },
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') fail(error);
        else done({ exit: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

export type Started = {
  readonly process: ChildProcess;
  /** What it has said on standard error so far. */
  readonly said: () => string;
  readonly printed: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
};

/** The same, started and left running. */
export function startUmpire(args: readonly string[]): Started {
  const child = spawn(process.execPath, [join(ROOT, 'core/cli/main.ts'), ...args], {
    cwd: ROOT,
    env: { ...process.env, UMPIRE_HASH_KEY: HASH_KEY, NODE_COMPILE_CACHE: COMPILED },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let printed = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return { process: child, said: () => said, printed: () => printed, ended };
}
