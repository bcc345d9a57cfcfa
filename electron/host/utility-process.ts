import { utilityProcess } from 'electron';
import { logLines } from './process.ts';
import type { HostSettings, StartHost } from './process.ts';

/** The core host as Electron's utility process: what ships. */
export function inUtilityProcess({ entry, env, log }: HostSettings): StartHost {
  return (events) => {
    const child = utilityProcess.fork(entry, [], {
      env,
      serviceName: 'Umpire core host',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    logLines(child.stdout, log);
    logLines(child.stderr, log);
    child.on('message', (message: unknown) => events.message(message));
    child.on('exit', (code) => events.exit(`exit code ${code}`));
    return {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process, not a page
      send: (message) => child.postMessage(message),
      kill: () => {
        if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
      },
    };
  };
}
