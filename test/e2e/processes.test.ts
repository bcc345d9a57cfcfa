import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { invocation } from '../../electron/launcher/invocation.ts';
import { coreHosts } from '../support/core-hosts.ts';
import { launchApp, temporaryHome } from '../support/electron.ts';
import type { LaunchedApp } from '../support/electron.ts';

const ENV = { UMPIRE_DEMO_REFERRALS: '0' };
const SOON = { timeout: 15_000, interval: 50 };

// Read from /proc, and with the host as a process of its own: what only the registry's Electron has.
describe.runIf(process.platform === 'linux' && inject('runtime').kind === 'registry')('the processes', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let launched: LaunchedApp;

  beforeEach(async () => {
    home = await temporaryHome();
    launched = await launchApp({ home: home.home, env: ENV });
    await vi.waitUntil(() => coreHosts(home.home).length === 1, SOON);
  });

  afterEach(async () => {
    await launched.close();
    await home.remove();
  });

  it('have one core host, which is started again when it is killed, while the window stays', async () => {
    const [first = 0] = coreHosts(home.home);
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(coreHosts(home.home)).toEqual([expect.not.toBeOneOf([first])]), SOON);
    const outcome = await launched.window.evaluate(() => umpire.call('workspace.status', {}));
    expect(outcome.ok).toBe(true);
  });

  it('leave no core host behind when main is killed', async () => {
    launched.app.process().kill('SIGKILL');
    await vi.waitFor(() => expect(coreHosts(home.home)).toEqual([]), SOON);
  });

  it('leave no core host behind when the program quits', async () => {
    await launched.close();
    expect(coreHosts(home.home)).toEqual([]);
  });

  it('are one program for one data folder: a second start ends by itself', async () => {
    const environment = { ...process.env, ...ENV, UMPIRE_HOME: home.home, DISPLAY: inject('display') ?? undefined };
    const { executable, args, env } = invocation(inject('runtime'), environment, () => {});
    const second = spawn(executable, [...args], { env, stdio: 'ignore' });
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(coreHosts(home.home)).toHaveLength(1);
  });
});
