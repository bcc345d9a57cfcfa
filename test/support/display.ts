import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Display = {
  /** For the environment of what is to be shown on it; absent where the system has displays of its own. */
  readonly name: string | undefined;
  readonly stop: () => Promise<void>;
};

/** A virtual display under a number that the server picks itself, so that runs side by side do not meet. */
export async function startDisplay(): Promise<Display> {
  if (process.platform !== 'linux') return { name: undefined, stop: () => Promise.resolve() };
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  const numbers = server.stdio[3];
  if (!numbers || !('on' in numbers)) throw new Error('Xvfb has no way to tell its number');
  const number = await Promise.race([
    once(numbers, 'data').then(([chunk]) => String(chunk).trim()),
    once(server, 'error').then(([error]) => Promise.reject(error as Error)),
    ended.then(() => Promise.reject(new Error('Xvfb ended before it was ready'))),
  ]);
  return {
    name: `:${number}`,
    stop: async () => {
      server.kill();
      await ended;
    },
  };
}
