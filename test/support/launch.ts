import { _electron } from 'playwright';
import type { ElectronApplication, Page } from 'playwright';
import { invocation } from '../../electron/launcher/invocation.ts';
import type { Runtime } from '../../electron/launcher/runtime.ts';

export type LaunchOptions = {
  /** The data folder; keep it to find the same workspace again after a restart. */
  readonly home: string;
  readonly databaseUrl?: string;
  readonly env?: NodeJS.ProcessEnv;
};

export type LaunchedApp = {
  readonly app: ElectronApplication;
  readonly window: Page;
  /** What the window's console reported as errors, uncaught exceptions included. A good test ends with none. */
  readonly consoleErrors: readonly string[];
  /** Quits as a person would, and waits until the program and its core host are gone. */
  readonly close: () => Promise<void>;
};

/** Starts the real program in a runtime, on a display. */
export async function launchIn(
  runtime: Runtime,
  display: string | null,
  { home, databaseUrl, env }: LaunchOptions,
): Promise<LaunchedApp> {
  const environment = {
    ...process.env,
    ...(display ? { DISPLAY: display } : {}),
    UMPIRE_HOME: home,
    ...(databaseUrl ? { UMPIRE_DATABASE_URL: databaseUrl } : {}),
    ...env,
  };
  const how = invocation(runtime, environment, () => {});
  const app = await _electron.launch({
    executablePath: how.executable,
    args: [...how.args],
    timeout: 30_000,
    env: Object.fromEntries(
      Object.entries(how.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  });
  const consoleErrors: string[] = [];
  app.on('window', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    page.on('pageerror', (error) => consoleErrors.push(String(error)));
  });
  const window = await app.firstWindow();
  return { app, window, consoleErrors, close: () => app.close() };
}
