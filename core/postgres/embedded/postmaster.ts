import { readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './error.ts';
import { run } from './run.ts';

/** How the server is reached: `host` is the folder of the Unix socket or a loopback address. */
export type Endpoint = { readonly host: string; readonly port: number };

/** What `postmaster.pid` of a data folder says, checked against the processes there are. */
export type Postmaster =
  | { readonly state: 'none' }
  /** The file names a process that is gone; Postgres sees to it. */
  | { readonly state: 'dead' }
  /** The file is useless, or its process is something else by now, or a zombie. */
  | { readonly state: 'stale' }
  /** The file is being written. */
  | { readonly state: 'unclear' }
  | { readonly state: 'alive'; readonly pid: number; readonly status: string; readonly endpoint: Endpoint | null };

export async function findPostmaster(data: string): Promise<Postmaster> {
  const file = join(data, 'postmaster.pid');
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { state: 'none' };
    throw error;
  }
  // Process, data folder, start, port, socket folder, address, shared memory, status; the last ones come as it starts.
  const [first = '', , , port = '', folder = '', address = '', , status = ''] = text.split('\n');
  const pid = Math.abs(Number.parseInt(first, 10));
  if (!(pid > 0)) return (await isOld(file)) ? { state: 'stale' } : { state: 'unclear' };
  if (!(await isPostmaster(pid, data))) return { state: exists(pid) ? 'stale' : 'dead' };
  const host = folder.trim() || address.trim();
  const endpoint = host !== '' && Number(port) > 0 ? { host, port: Number(port) } : null;
  return { state: 'alive', pid, status: status.trim(), endpoint };
}

/** A process number is reused sooner or later, so the process must also be at home in this data folder. */
export async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    try {
      return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
    } catch {
      // Gone, a zombie, or of another user.
      return false;
    }
  }
  if (process.platform === 'win32') {
    return (await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'])).output.includes('postgres.exe');
  }
  const listed = await run('/bin/ps', ['-ww', '-p', String(pid), '-o', 'stat=,command=']);
  return listed.code === 0 && !listed.output.startsWith('Z') && listed.output.includes(`-D ${data}`);
}

/** As Postgres sees it: a zombie exists, and a process of another user does not. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > 5_000;
}
