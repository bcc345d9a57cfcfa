import type { TestProject } from 'vitest/node';
import type { Runtime } from '../../electron/launcher/runtime.ts';
import { openWorkstation } from './workstation.ts';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- merged into Vitest's own interface
  interface ProvidedContext {
    runtime: Runtime;
    display: string | null;
  }
}

/** Vitest's global setup of the projects that open real windows. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workstation = await openWorkstation();
  project.provide('runtime', workstation.runtime);
  project.provide('display', workstation.display ?? null);
  return workstation.stop;
}
