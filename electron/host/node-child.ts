import { spawn } from 'node:child_process';
import { logLines } from './process.ts';
import type { HostSettings, StartHost } from './process.ts';

/** The core host as a child process under another Node, for an Electron whose own is too old. Development only. */
export function inNodeChild(node: string, { entry, env, log }: HostSettings): StartHost {
  return (events) => {
    const child = spawn(node, [entry], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own, so that what a crashed host leaves behind can be ended with it.
      detached: process.platform !== 'win32',
    });
    logLines(child.stdout, log);
    logLines(child.stderr, log);
    child.on('message', (message) => events.message(message));

    const signalGroup = (signal: NodeJS.Signals): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
      } catch {
        // Nobody of the group is left.
      }
    };
    let over = false;
    const exit = (reason: string): void => {
      if (over) return;
      over = true;
      signalGroup('SIGTERM');
      events.exit(reason);
    };
    child.on('error', (error) => exit(error.message));
    child.on('exit', (code, signal) => exit(signal ? `signal ${signal}` : `exit code ${code}`));
    return {
      send: (message) => void child.send(message, () => {}),
      kill: () => signalGroup('SIGKILL'),
    };
  };
}
