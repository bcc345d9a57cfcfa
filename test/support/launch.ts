import { _electron, errors } from 'playwright';
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

/** How often a start is tried on the registry's Electron, and how long each may take; a good one takes one or two seconds. */
const TRIES = 5;
const START_WITHIN_MS = 15_000;

/**
 * Starts the real program in a runtime, on a display. The registry's Electron, out of support, now and then does not come
 * up under a debugger, and why is not known: there such a start is ended, said, and made again. The official one has one try.
 */
export async function launchIn(runtime: Runtime, display: string | null, options: LaunchOptions): Promise<LaunchedApp> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await launchOnce(runtime, display, options);
    } catch (error) {
      if (runtime.kind !== 'registry' || tried === TRIES || !(error instanceof errors.TimeoutError)) throw error;
      process.stderr.write(
        `Electron did not come up within ${START_WITHIN_MS / 1000} s: try ${tried + 1} of ${TRIES}\n`,
      );
    }
  }
}

async function launchOnce(
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
    timeout: START_WITHIN_MS,
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
  try {
    const window = await app.firstWindow({ timeout: START_WITHIN_MS });
    return { app, window, consoleErrors, close: () => app.close() };
  } catch (error) {
    app.process().kill('SIGKILL');
    throw error;
  }
}
