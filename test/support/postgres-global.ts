import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SERVER } from './postgres.ts';

/**
 * Vitest's globalSetup: one throwaway server for the whole run, however many projects ask for it. A server of one's own
 * can be given instead, as the URL of a superuser in UMPIRE_TEST_PG_URL.
 */
export default async function startTestServer(): Promise<() => Promise<void>> {
  // Another project of this run started it. Vitest tears down when all projects are done.
  if (process.env[SERVER] !== undefined) return async () => undefined;
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('postgres-server.ts', import.meta.url))], {
    // Ctrl-C must not end the keeper before it has stopped the server.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(keeper, 'exit');
  keeper.stdout.setEncoding('utf8');
  const said: unknown = await Promise.race([
    once(keeper.stdout, 'data').then(([text]) => text),
    exited.then(() => null),
  ]);
  if (typeof said !== 'string') throw new Error('the test server did not start; the reason is above');
  process.env[SERVER] = said.trim();
  keeper.unref();
  keeper.stdout.destroy();
  return async () => {
    delete process.env[SERVER];
    keeper.ref();
    keeper.stdin.end();
    await exited;
  };
}
