import { join } from 'node:path';
import type { Report } from './report.ts';
import { OUT, ROOT } from './root.ts';
import type { Runtime } from './runtime.ts';

/** What to start, with which arguments and which environment. */
export type Invocation = {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
};

/** How Umpire is started in a runtime; the same for `npm start`, the tests and the pictures. */
export function invocation(runtime: Runtime, env: NodeJS.ProcessEnv, report: Report): Invocation {
  const args: string[] = [];
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    report('running as root: Chromium refuses its sandbox there, so --no-sandbox is added');
    args.push('--no-sandbox');
  }
  if (runtime.kind === 'official') return { executable: runtime.executable, args: [...args, ROOT], env };
  return {
    executable: runtime.executable,
    args,
    env: {
      ...env,
      UMPIRE_MAIN: join(OUT, 'main', 'main.cjs'),
      // The Node inside the old Electron cannot load the SQLite library, so the core host runs under this one.
      UMPIRE_HOST_NODE: process.execPath,
    },
  };
}
