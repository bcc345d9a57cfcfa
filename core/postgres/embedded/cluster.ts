import { randomBytes } from 'node:crypto';
import { chown, open, readdir, readFile, rename, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asFolderError, codeOf, diskFull, WorkspaceError } from './error.ts';
import type { Layout } from './layout.ts';
import { NAME, type Place } from './place.ts';
import { run } from './run.ts';

/**
 * Whether the data folder is there. It gets its name only when it is complete, so one that is there was finished; it is
 * never removed. The major version is the one that Postgres recorded in it.
 */
export async function clusterExists(layout: Layout, major: number): Promise<boolean> {
  const entries = await readdir(layout.data).catch((error: unknown): string[] => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  if (entries.length === 0) return false;
  const recorded = await readFile(join(layout.data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (recorded === null || !entries.includes('global')) {
    throw new WorkspaceError(
      'not_a_workspace',
      `${layout.data} is not empty and is not the data of a PostgreSQL server. Umpire left it as it is. ` +
        'Move it away, or put back the folder that was there.',
    );
  }
  if (Number.parseInt(recorded, 10) === major) return true;
  throw new WorkspaceError(
    'foreign_version',
    `The workspace in ${layout.home} was made by PostgreSQL ${recorded.trim()}; this Umpire brings ${major} and does not open it. ` +
      'Nothing was changed. Open it with the Umpire that made it and copy its tables into a new workspace ' +
      '(another UMPIRE_HOME) or into a server of your own (--database-url).',
  );
}

/** Makes the data folder, whole or not at all. Without `sync` a loss of power may lose it: for servers that are thrown away. */
export async function createCluster(place: Place, sync: boolean): Promise<void> {
  const { layout, account, binaries } = place;
  const unfinished = join(layout.cluster, `${layout.unfinished}${randomBytes(6).toString('hex')}`);
  const secret = `${unfinished}.secret`;
  try {
    await writeFile(secret, place.password, { mode: 0o600, flag: 'wx' });
    if (account !== null) await chown(secret, account.uid, account.gid);
    const ownership = ['-U', NAME, `--pwfile=${secret}`, '-A', 'scram-sha-256'];
    // The same order everywhere: by code point, whatever libraries the system has.
    const order = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const thrownAway = sync ? [] : ['--no-sync', '--set', 'scram_iterations=1'];
    const made = await run(
      join(binaries.bin, 'initdb'),
      ['-D', unfinished, ...ownership, ...order, '--data-checksums', '--no-instructions', ...thrownAway],
      { account, cwd: layout.cluster },
    );
    if (made.code !== 0) throw await notMade(layout, made.output);
    // Renaming onto an empty folder works on Unix only.
    await rmdir(layout.data).catch(() => undefined);
    await rename(unfinished, layout.data);
    if (sync) await syncFolder(dirname(layout.data));
  } finally {
    await rm(secret, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** What a data folder needs at least, in bytes. initdb does not always live to say that this is what it lacked. */
const ROOM = 64 * 1024 * 1024;

async function notMade(layout: Layout, output: string): Promise<WorkspaceError> {
  const disk = await statfs(layout.cluster);
  if (disk.bavail * disk.bsize < ROOM) return diskFull(layout.home);
  const reason = output.split('\n').findLast((line) => /error|fatal|panic/i.test(line)) ?? output;
  return (
    asFolderError(output, layout.home) ??
    new WorkspaceError(
      'start_failed',
      `The workspace in ${layout.home} could not be made: ${reason || 'initdb was ended'}. ` +
        'Nothing was there before, so nothing is lost. Try again.',
    )
  );
}

/** Removes what first starts left over that were cut short. Only behind the gate. */
export async function clearUnfinished(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.cluster)) {
    if (!name.startsWith(layout.unfinished)) continue;
    // An initdb whose program was killed may still be writing there; then the next start removes it.
    await rm(join(layout.cluster, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
