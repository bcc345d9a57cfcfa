import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureBuilt } from './build.ts';
import { invocation } from './invocation.ts';
import { toTerminal } from './report.ts';
import { findRuntime } from './runtime.ts';
import { ensureSystemLibraries } from './system-libraries.ts';

function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/** Starts Umpire and ends as it ends. */
async function start(): Promise<number> {
  if (!hasDisplay()) {
    toTerminal('there is no display to open a window on. With a virtual one:\n\n  xvfb-run -a npm start\n');
    return 1;
  }
  const runtime = await findRuntime(toTerminal);
  await ensureSystemLibraries(runtime.executable, { display: false, report: toTerminal });
  await ensureBuilt(toTerminal);
  const { executable, args, env } = invocation(runtime, process.env, toTerminal);
  const child = spawn(executable, [...args, ...process.argv.slice(2)], { env, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the window by itself; these come from elsewhere and are passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 128 + constants.signals[signal] : 1)));
  });
}

try {
  process.exitCode = await start();
} catch (error) {
  toTerminal(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
