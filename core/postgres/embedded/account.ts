import { stat } from 'node:fs/promises';
import { WorkspaceError } from './error.ts';
import type { Layout } from './layout.ts';
import { run } from './run.ts';

/** The account that the server runs under when the program itself runs as root, which Postgres refuses. */
export type Account = {
  readonly uid: number;
  readonly gid: number;
  /** The home folder is its own, so whatever root makes there is given to it. */
  readonly ownsHome: boolean;
};

const CANDIDATES = ['umpire', 'postgres', 'nobody'];

/** Null when the program can run the server as itself. Otherwise whoever owns the data, or the home, or a system account. */
export async function serverAccount(layout: Layout): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const home = await ownerOf(layout.home);
  const data = await ownerOf(layout.cluster);
  if (data !== null) return { ...data, ownsHome: home?.uid === data.uid };
  if (home !== null) return { ...home, ownsHome: true };
  for (const name of CANDIDATES) {
    const uid = await run('id', ['-u', name]);
    const gid = await run('id', ['-g', name]);
    if (uid.code === 0 && gid.code === 0 && Number(uid.output) !== 0) {
      return { uid: Number(uid.output), gid: Number(gid.output), ownsHome: false };
    }
  }
  throw new WorkspaceError(
    'no_account',
    'PostgreSQL does not run as root, and none of the accounts umpire, postgres, nobody exists here. Nothing was changed. ' +
      'Run Umpire as another user, or make the account: useradd --system umpire',
  );
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | null> {
  const found = await stat(path).catch(() => null);
  return found === null || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}
