import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { launchIn } from './launch.ts';
import type { LaunchedApp, LaunchOptions } from './launch.ts';

export type { LaunchedApp, LaunchOptions } from './launch.ts';

/** Starts the real program within a test of the projects that have `electron-global.ts` as their setup. */
export function launchApp(options: LaunchOptions): Promise<LaunchedApp> {
  return launchIn(inject('runtime'), inject('display'), options);
}

/** A data folder of one test alone. */
export async function temporaryHome(): Promise<{ readonly home: string; readonly remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'umpire-home-'));
  return { home, remove: () => rm(home, { recursive: true, force: true, maxRetries: 5 }) };
}
