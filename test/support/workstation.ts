import { ensureBuilt } from '../../electron/launcher/build.ts';
import { toTerminal } from '../../electron/launcher/report.ts';
import { findRuntime } from '../../electron/launcher/runtime.ts';
import type { Runtime } from '../../electron/launcher/runtime.ts';
import { ensureSystemLibraries } from '../../electron/launcher/system-libraries.ts';
import { startDisplay } from './display.ts';

export type Workstation = {
  readonly runtime: Runtime;
  readonly display: string | undefined;
  readonly stop: () => Promise<void>;
};

/** All that a real window needs: an Electron, the system's libraries, a build of the present sources, a display. */
export async function openWorkstation(): Promise<Workstation> {
  const runtime = await findRuntime(toTerminal);
  await ensureSystemLibraries(runtime.executable, { display: true, report: toTerminal });
  await ensureBuilt(toTerminal);
  const display = await startDisplay();
  return { runtime, display: display.name, stop: display.stop };
}
