/** Electron's security checklist, by its numbers, on the real window. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUT } from '../../electron/launcher/root.ts';
import { launchApp, temporaryHome } from '../support/electron.ts';
import type { LaunchedApp } from '../support/electron.ts';

const START = 'umpire://app/index.html';

let home: Awaited<ReturnType<typeof temporaryHome>>;
let launched: LaunchedApp;
/** A server on this machine that must never be asked for anything. */
const asked: string[] = [];
const stranger = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.setHeader('access-control-allow-origin', '*').end('ok');
});
let strangerUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  home = await temporaryHome();
  launched = await launchApp({ home: home.home, env: { UMPIRE_DEMO_REFERRALS: '0' } });
  await launched.window.waitForLoadState('load');
});

afterAll(async () => {
  await launched.close();
  await home.remove();
  stranger.close();
});

/** The window's preferences as Electron holds them. */
function preferences(): Promise<{ readonly [name: string]: unknown }> {
  return launched.app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    const contents = window?.webContents as unknown as { getLastWebPreferences(): { [name: string]: unknown } };
    return JSON.parse(JSON.stringify(contents.getLastWebPreferences())) as { [name: string]: unknown };
  });
}

function windowCount(): Promise<number> {
  return launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
}

/** Clicks a link to an address. */
function follow(address: string): Promise<void> {
  return launched.window.evaluate((address) => {
    const link = document.createElement('a');
    link.href = address;
    document.body.append(link);
    link.click();
    link.remove();
  }, address);
}

/** Calls Umpire from a page that is not ours to trust, with our very preload. */
function callFrom(address: string): Promise<unknown> {
  return launched.app.evaluate(
    async ({ BrowserWindow }, { address, preload }) => {
      const other = new BrowserWindow({
        show: false,
        webPreferences: { preload, sandbox: true, contextIsolation: true },
      });
      try {
        await other.loadURL(address);
        return (await other.webContents.executeJavaScript("umpire.call('reasons.list', {})")) as unknown;
      } finally {
        other.destroy();
      }
    },
    { address, preload: join(OUT, 'preload', 'preload.cjs') },
  );
}

describe("Electron's security checklist", () => {
  it('1: loads nothing from the network', async () => {
    const page = await launched.window.evaluate(async (url) => {
      const image = await new Promise((resolve) => {
        const element = new Image();
        element.addEventListener('load', () => resolve('loaded'));
        element.addEventListener('error', () => resolve('refused'));
        element.src = `${url}/image.png`;
      });
      const fetched = await fetch(`${url}/fetch`).then(
        () => 'loaded',
        () => 'refused',
      );
      return { image, fetched };
    }, strangerUrl);
    expect(page).toEqual({ image: 'refused', fetched: 'refused' });
    expect(asked).toEqual([]);
  });

  it('1: has no network in its session either, whatever the content policy says', async () => {
    const outcome = await launched.app.evaluate(
      ({ session }, url) =>
        session.defaultSession.fetch(url).then(
          () => 'loaded',
          () => 'refused',
        ),
      `${strangerUrl}/session`,
    );
    expect(outcome).toBe('refused');
    expect(asked).toEqual([]);
  });

  it('2: has no Node in the page', async () => {
    const { nodeIntegration, nodeIntegrationInSubFrames } = await preferences();
    expect([nodeIntegration, nodeIntegrationInSubFrames]).toEqual([false, false]);
    const names = ['require', 'process', 'module', 'Buffer', 'global', '__dirname'];
    expect(await launched.window.evaluate((names) => names.filter((name) => name in globalThis), names)).toEqual([]);
  });

  it('3: isolates the preload from the page', async () => {
    expect((await preferences())['contextIsolation']).toBe(true);
    const replaced = await launched.window.evaluate(() => {
      try {
        Object.assign(umpire, { call: () => 'mine' });
      } catch {
        // Frozen, as it should be.
      }
      return umpire.call.toString().includes('mine');
    });
    expect(replaced).toBe(false);
  });

  it('4: runs the page in the sandbox', async () => {
    expect((await preferences())['sandbox']).toBe(true);
  });

  it('5: grants no permission', async () => {
    const answers = await launched.window.evaluate(async () => {
      const asked = {
        camera: navigator.mediaDevices.getUserMedia({ video: true }),
        screen: navigator.mediaDevices.getDisplayMedia({ video: true }),
        clipboard: navigator.clipboard.readText(),
        location: new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
      };
      const settled = await Promise.allSettled(Object.values(asked));
      return {
        ...Object.fromEntries(Object.keys(asked).map((name, index) => [name, settled[index]?.status])),
        notifications: await Notification.requestPermission(),
        state: (await navigator.permissions.query({ name: 'geolocation' })).state,
      };
    });
    expect(answers).toEqual({
      notifications: 'denied',
      camera: 'rejected',
      screen: 'rejected',
      clipboard: 'rejected',
      location: 'rejected',
      state: 'denied',
    });
  });

  it('6: keeps web security on', async () => {
    expect((await preferences())['webSecurity']).toBe(true);
  });

  it('7: has a content policy that stops eval and code or style written into the page', async () => {
    const outcome = await launched.window.evaluate(async () => {
      const evaluated = await new Promise((resolve) => {
        // From a timer: what is evaluated for a test itself is exempt from the policy.
        setTimeout(() => {
          try {
            // oxlint-disable-next-line no-eval -- that it fails is the point
            resolve(eval('1 + 1'));
          } catch (error) {
            resolve(error instanceof Error ? error.name : error);
          }
        });
      });
      const script = document.createElement('script');
      script.textContent = 'window.written = true';
      document.head.append(script);
      const probe = document.createElement('p');
      probe.id = 'probe';
      document.body.append(probe);
      const style = (id: string, nonce: string | null): string => {
        const element = document.createElement('style');
        if (nonce) element.nonce = nonce;
        element.textContent = `#probe { --${id}: applied }`;
        document.head.append(element);
        return getComputedStyle(probe).getPropertyValue(`--${id}`);
      };
      const nonce = document.querySelector<HTMLMetaElement>('meta[name="umpire-nonce"]')?.content ?? null;
      const styles = { without: style('without', null), wrong: style('wrong', 'AAAA'), ours: style('ours', nonce) };
      probe.remove();
      return { evaluated, written: 'written' in window, styles };
    });
    expect(outcome).toEqual({
      evaluated: 'EvalError',
      written: false,
      styles: { without: '', wrong: '', ours: 'applied' },
    });
  });

  it('8, 9, 10: allows no insecure content and no experimental or extra engine features', async () => {
    const { allowRunningInsecureContent, experimentalFeatures, enableBlinkFeatures } = await preferences();
    expect([allowRunningInsecureContent, experimentalFeatures, enableBlinkFeatures]).toEqual([false, false, '']);
    const switches = ['enable-blink-features', 'disable-web-security', 'allow-running-insecure-content'];
    const given = await launched.app.evaluate(
      ({ app }, switches) => switches.filter((name) => app.commandLine.hasSwitch(name)),
      switches,
    );
    expect(given).toEqual([]);
  });

  it('11, 12: has no <webview>, and would not attach one', async () => {
    expect((await preferences())['webviewTag']).toBe(false);
    const attached = await launched.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      let prevented = false;
      window?.webContents.emit('will-attach-webview', { preventDefault: () => (prevented = true) }, {}, {});
      return !prevented;
    });
    expect(attached).toBe(false);
  });

  it.each(['http', 'umpire://app/other.html', 'umpire://other/index.html'])(
    '13: does not navigate to %s',
    async (target) => {
      const prevented = launched.app.evaluate(
        ({ BrowserWindow }) =>
          new Promise((resolve) => {
            const contents = BrowserWindow.getAllWindows()[0]?.webContents;
            contents?.once('will-frame-navigate', (event) => resolve(event.defaultPrevented));
          }),
      );
      // Messages to main arrive in order: after this one, the listener above is there.
      await launched.app.evaluate(() => null);
      await follow(target === 'http' ? `${strangerUrl}/navigation` : target);
      expect(await prevented).toBe(true);
      expect((await launched.window.evaluate(() => location.href)).split('#')[0]).toBe(START);
      expect(asked).toEqual([]);
    },
  );

  it.each(['file:///etc/hostname', 'data:text/html,x', 'javascript:document.write(1)'])(
    '13: does not navigate to %s, which Chromium itself refuses',
    async (target) => {
      await follow(target);
      await launched.window.evaluate(() => umpire.call('workspace.status', {}));
      expect((await launched.window.evaluate(() => location.href)).split('#')[0]).toBe(START);
    },
  );

  it('13: has no page within the page', async () => {
    const frames = await launched.window.evaluate(async (url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      const settled = new Promise((resolve) => frame.addEventListener('load', resolve));
      document.body.append(frame);
      await settled;
      let text: string | null;
      try {
        text = frame.contentDocument?.body.textContent ?? null;
      } catch {
        text = null;
      }
      frame.remove();
      return text;
    }, `${strangerUrl}/frame`);
    expect(frames).not.toBe('ok');
    expect(asked).toEqual([]);
  });

  it('14: opens no other window', async () => {
    const opened = await launched.window.evaluate((url) => [window.open(url), window.open('index.html')], strangerUrl);
    expect(opened).toEqual([null, null]);
    expect(await windowCount()).toBe(1);
    expect(asked).toEqual([]);
  });

  // 15 (openExternal), 16 (current Electron) and 19 (fuses) are facts of the packaged build: packaged-build.test.ts.

  it.each(['data:text/html,<p>stranger</p>', 'about:blank', START])(
    '17: does not answer a call from another page, here %s',
    async (address) => {
      expect(await callFrom(address)).toMatchObject({ ok: false, error: { code: 'refused' } });
    },
  );

  it('18: is not a file: page and reaches no file', async () => {
    const outcome = await launched.window.evaluate(async () => ({
      protocol: location.protocol,
      origin,
      secure: isSecureContext,
      fetched: await fetch('file:///etc/hostname').then(
        () => 'read',
        () => 'refused',
      ),
    }));
    expect(outcome).toEqual({ protocol: 'umpire:', origin: 'umpire://app', secure: true, fetched: 'refused' });
  });

  it('18: has no file: in its session either', async () => {
    const outcome = await launched.app.evaluate(async ({ BrowserWindow }) => {
      const window = new BrowserWindow({ show: false });
      return window
        .loadURL('file:///etc/hostname')
        .then(
          () => 'read',
          () => 'refused',
        )
        .finally(() => window.destroy());
    });
    expect(outcome).toBe('refused');
  });

  it('20: gives the page the bridge and nothing of Electron', async () => {
    const page = await launched.window.evaluate(() => ({
      bridge: Object.keys(umpire).toSorted(),
      electron: ['ipcRenderer', 'electron', 'contextBridge'].filter((name) => name in globalThis),
    }));
    expect(page).toEqual({ bridge: ['call', 'platform', 'subscribe'], electron: [] });
  });

  it('20: hands a listener the notice alone, not the event that brought it', async () => {
    const received = launched.window.evaluate(
      () =>
        new Promise((resolve) => {
          const end = umpire.subscribe((...given: unknown[]) => {
            end();
            resolve(given);
          });
        }),
    );
    // The page takes one after the other: after this one, the listener above is there.
    await launched.window.evaluate(() => null);
    await launched.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.send('umpire:notice', { kind: 'queue' });
    });
    expect(await received).toEqual([{ kind: 'queue' }]);
  });
});
