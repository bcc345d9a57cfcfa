import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real disk with an end, in a mount namespace of its own, so that it goes with the test whatever becomes of it. */
export type SmallDisk = {
  /** Where it is mounted, for whoever is `inside`. */
  readonly path: string;
  /** The same place as seen from here. */
  readonly seen: string;
  /** What comes before the command of a program that is to see it. */
  readonly inside: readonly string[];
  /** Writes until not a byte more fits. */
  readonly fill: () => Promise<void>;
  /** Gives the space back. */
  readonly free: () => Promise<void>;
  /** Mounts it anew: `size=…`, `ro`, `rw`. */
  readonly remount: (options: string) => void;
  readonly end: () => Promise<void>;
};

/** As root of a user namespace of one's own, which most Linux systems allow anybody. */
const NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount'] as const;

/** Whether such a disk can be had here: not on other systems, and not where namespaces are forbidden. */
export function smallDisksCanBeHad(): boolean {
  if (process.platform !== 'linux') return false;
  const [command, ...args] = NAMESPACE;
  const tried = spawnSync(command, [...args, 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', tmpdir()]);
  return tried.status === 0 && spawnSync('nsenter', ['--version']).status === 0;
}

export async function smallDisk(size: string): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'umpire-small-disk-'));
  const [command, ...args] = NAMESPACE;
  // It holds the namespace until its input ends.
  const script = 'mount -t tmpfs -o "size=$1,mode=0700" none "$2" && echo mounted && exec cat';
  const keeper = spawn(command, [...args, 'sh', '-c', script, 'sh', size, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  await Promise.race([
    once(keeper.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the small disk could not be mounted'))),
  ]);
  const inside = ['nsenter', `--target=${keeper.pid}`, '--user', '--mount', '--preserve-credentials'];
  const seen = join(`/proc/${keeper.pid}/root`, path);
  const filler = join(seen, 'filler');
  return {
    path,
    seen,
    inside,
    fill: () => fillUp(filler),
    free: () => rm(filler),
    remount: (options) => {
      const [enter = '', ...rest] = inside;
      const { status, stderr } = spawnSync(enter, [...rest, 'mount', '-o', `remount,${options}`, path]);
      if (status !== 0) throw new Error(`the small disk could not be mounted anew: ${stderr.toString()}`);
    },
    end: async () => {
      keeper.stdin.end();
      await ended;
      await rm(path, { recursive: true });
    },
  };
}

async function fillUp(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (let bytes = 1 << 20; bytes > 0;) {
      try {
        const { bytesWritten } = await handle.write(Buffer.alloc(bytes));
        if (bytesWritten < bytes) bytes >>= 1;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        bytes >>= 1;
      }
    }
  } finally {
    await handle.close();
  }
}
