import { chmod, chown, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import type { Account } from './account.ts';
import { noPermission, WorkspaceError } from './error.ts';
import type { Layout } from './layout.ts';
import { run } from './run.ts';

/**
 * Makes the folders of the workspace, and makes sure that the server's account can enter them. May be called by several
 * programs at once. Only the server's account and this user can read anything in them.
 */
export async function prepareFolders(layout: Layout, account: Account | null): Promise<void> {
  const asRoot = account !== null && !account.ownsHome;
  // As root the folders are crossed by the server's account, so they can be entered, but not listed.
  const open = asRoot ? 0o711 : 0o700;
  await makeFolder(layout.home, open, account?.ownsHome ? account : null);
  await makeFolder(layout.folder, open, account?.ownsHome ? account : null);
  await makeFolder(layout.cluster, 0o700, account);
  await makeFolder(layout.run, 0o700, account);
  const uid = process.getuid?.();
  const owner = (await stat(layout.cluster)).uid;
  if (uid !== undefined && uid !== 0 && owner !== uid) throw noPermission(layout.home);
  if (account === null || (await canEnter(layout, account))) return;
  // Often only the home itself is closed, e.g. when mkdtemp made it.
  for (const path of [layout.home, layout.folder]) await chmod(path, (await stat(path)).mode | 0o011);
  if (await canEnter(layout, account)) return;
  throw new WorkspaceError(
    'unreachable',
    `PostgreSQL does not run as root, and the account it runs under instead (uid ${account.uid}) cannot enter ` +
      `${layout.folder}: a folder above it is closed. Nothing was changed in it. Set UMPIRE_HOME to a folder outside of it, ` +
      'or unset it to use /var/lib/umpire.',
  );
}

async function makeFolder(path: string, mode: number, owner: Account | null): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode });
  if (made !== undefined) await chmod(path, mode);
  if (owner !== null && (await stat(path)).uid !== owner.uid) await chown(path, owner.uid, owner.gid);
}

async function canEnter(layout: Layout, account: Account): Promise<boolean> {
  const entered = await run('/bin/sh', ['-c', 'cd "$1" && cd "$2"', 'sh', layout.cluster, layout.run], {
    account,
    cwd: '/',
  });
  return entered.code === 0;
}

/** Replaces a file whole, so that a reader or a crash sees the old or the new one. Only behind the gate. It belongs to the owner of the home. */
export async function putFile(path: string, text: string, mode: number, account: Account | null): Promise<void> {
  const next = `${path}.new`;
  await writeFile(next, text, { mode, flush: true });
  await keepPrivate(next, account, mode);
  await rename(next, path);
}

/**
 * Closes a file to other users; what root makes in the home of another user stays usable for that user. By path: on an
 * open lock file, closing another descriptor of it would drop this program's locks.
 */
export async function keepPrivate(path: string, account: Account | null, mode = 0o600): Promise<void> {
  await chmod(path, mode);
  if (account?.ownsHome) await chown(path, account.uid, account.gid);
}
