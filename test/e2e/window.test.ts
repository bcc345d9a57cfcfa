import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METHODS } from '../../core/contract/methods.ts';
import { launchApp, temporaryHome } from '../support/electron.ts';
import type { LaunchedApp } from '../support/electron.ts';

describe('the window', () => {
  let launched: LaunchedApp;
  let home: Awaited<ReturnType<typeof temporaryHome>>;

  beforeAll(async () => {
    home = await temporaryHome();
    launched = await launchApp({ home: home.home, env: { UMPIRE_DEMO_REFERRALS: '0' } });
  });

  afterAll(async () => {
    await launched.close();
    await home.remove();
  });

  it('opens with its own address and title', async () => {
    expect(launched.window.url()).toMatch(/^umpire:\/\/app\/index\.html/);
    expect(await launched.window.title()).toContain('Umpire');
  });

  it('has the bridge of the contract and nothing else', async () => {
    const bridge = await launched.window.evaluate(() =>
      Object.fromEntries(Object.entries(umpire).map(([name, value]) => [name, typeof value])),
    );
    expect(bridge).toEqual({ call: 'function', subscribe: 'function', platform: 'string' });
  });

  it('learns where the core host stands', async () => {
    const outcome = await launched.window.evaluate(() => umpire.call('workspace.status', {}));
    const value = outcome.ok ? outcome.value : outcome.error;
    expect(METHODS['workspace.status'].response.safeParse(value).error).toBeUndefined();
  });

  it('reports no error on its console', () => {
    expect(launched.consoleErrors).toEqual([]);
  });
});
