import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { run } from './command.ts';
import type { Report } from './report.ts';
import type { Runtime } from './runtime.ts';

const REACHABLE_WITHIN_MS = 5_000;
/** For an installer that has the download in its own cache although the host cannot be reached. */
const OFFLINE_INSTALL_MS = 15_000;
const DOWNLOAD_MS = 15 * 60_000;

export type OfficialRuntime =
  | { readonly ok: true; readonly runtime: Runtime }
  | { readonly ok: false; readonly reason: string };

const require = createRequire(import.meta.url);

function packageFolder(): string {
  return dirname(require.resolve('electron/package.json'));
}

/** The executable that `install-electron` left, or null while it has not finished. */
function installed(folder: string, version: string): string | null {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const dist = override ?? join(folder, 'dist');
  try {
    if (!override && readFileSync(join(dist, 'version'), 'utf8').replace(/^v/, '') !== version) return null;
    const executable = join(dist, readFileSync(join(folder, 'path.txt'), 'utf8'));
    return existsSync(executable) ? executable : null;
  } catch {
    return null;
  }
}

function downloadHost(): string {
  return (
    process.env['ELECTRON_MIRROR'] ??
    process.env['npm_config_electron_mirror'] ??
    'https://github.com/electron/electron/releases/download/'
  );
}

/** Null when any answer at all comes back in time, otherwise why not. */
async function unreachable(url: string): Promise<string | null> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(REACHABLE_WITHIN_MS) });
    return null;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `${new URL(url).host} is not reachable (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}

/** Finds or installs the Electron of node_modules. Fails within seconds where its download host is not reachable. */
export async function officialRuntime(report: Report): Promise<OfficialRuntime> {
  const folder = packageFolder();
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const before = installed(folder, version);
  if (before) return { ok: true, runtime: { kind: 'official', version, executable: before } };

  const reason = await unreachable(downloadHost());
  if (!reason) report(`installing Electron ${version} …`);
  const limit = AbortSignal.timeout(reason ? OFFLINE_INSTALL_MS : DOWNLOAD_MS);
  const result = await run(process.execPath, [join(folder, 'install.js')], { signal: limit });
  const executable = installed(folder, version);
  if (result.code === 0 && executable) return { ok: true, runtime: { kind: 'official', version, executable } };
  return { ok: false, reason: reason ?? (result.output.trim().split('\n')[0] || 'its installer failed') };
}
