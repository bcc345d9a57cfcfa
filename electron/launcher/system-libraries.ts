import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './command.ts';
import type { Report } from './report.ts';

/** Debian packages that bring what Electron links to; what they depend on brings the rest. */
const ELECTRON_PACKAGES = [
  'libgtk-3-0',
  'libnss3',
  'libasound2',
  'libgbm1',
  'libatk-bridge2.0-0',
  'libcups2',
  'libxss1',
  'libxtst6',
] as const;

/** A virtual display, and what `xvfb-run` needs besides. */
const DISPLAY_PACKAGES = ['xvfb', 'xauth'] as const;

/** Libraries that the executable names and the system does not have. */
async function missingLibraries(executable: string): Promise<readonly string[]> {
  const { output } = await run('ldd', [executable]);
  return [...output.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** Newer releases of Debian and Ubuntu renamed some packages in their change to 64-bit times. */
async function namesHere(packages: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    packages.map(async (name) => ((await run('apt-cache', ['show', `${name}t64`])).code === 0 ? `${name}t64` : name)),
  );
}

export class MissingLibraries extends Error {}

/**
 * Makes sure of what Electron needs from a Linux system, and of Xvfb where `display` asks for it. Installs it on Debian
 * as root; otherwise throws `MissingLibraries` with the line to paste.
 */
export async function ensureSystemLibraries(
  executable: string,
  { display, report }: { readonly display: boolean; readonly report: Report },
): Promise<void> {
  if (process.platform !== 'linux') return;
  const libraries = await missingLibraries(executable);
  const needsDisplay = display && !onPath('Xvfb');
  if (libraries.length === 0 && !needsDisplay) return;

  const missing = [...libraries, ...(needsDisplay ? ['Xvfb'] : [])].join(', ');
  if (!onPath('apt-get'))
    throw new MissingLibraries(`This system lacks ${missing}; install them with its package manager.`);

  const wanted = [...(libraries.length > 0 ? ELECTRON_PACKAGES : []), ...(needsDisplay ? DISPLAY_PACKAGES : [])];
  if (process.getuid?.() !== 0) {
    const packages = (await namesHere(wanted)).join(' ');
    throw new MissingLibraries(
      `This system lacks ${missing}. Install them with:\n\n  sudo apt-get install -y ${packages}\n`,
    );
  }
  report(`installing what this system lacks (${missing}) with apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  const packages = await namesHere(wanted);
  const result = await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
  if (result.code !== 0)
    throw new MissingLibraries(`apt-get could not install ${packages.join(' ')}:\n${result.output}`);
}
