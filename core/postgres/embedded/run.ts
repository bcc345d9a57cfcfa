import { spawn } from 'node:child_process';
import type { Account } from './account.ts';

export type Ran = { readonly code: number | null; readonly output: string };

const PASSED_ON = [
  'PATH',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SystemRoot',
  'SystemDrive',
  'windir',
  'TEMP',
  'TMP',
];

/** The environment of the server and its tools: no PG* variable redirects them, and no secret of ours is in it. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of PASSED_ON) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

/** The part of spawn's options that makes a child run as `account`; null is the user of this program. */
export function as(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}

/** Runs a command to its end; `code` is null when it was killed. A command that cannot be started has code 127. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly account?: Account | null; readonly cwd?: string; readonly limitMs?: number } = {},
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  let output = '';
  let child;
  try {
    child = spawn(command, [...args], {
      cwd: options.cwd,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.limitMs ?? 300_000,
      windowsHide: true,
      ...as(options.account ?? null),
    });
  } catch (error) {
    return { code: 127, output: String(error) };
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.on('error', (error) => resolve({ code: 127, output: error.message }));
  child.on('close', (code) => resolve({ code, output: output.trim() }));
  return promise;
}
