/** Electron's main process: puts the parts together in the order that Electron asks for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, Menu, protocol, safeStorage, session } from 'electron';
import { NOTICE_CHANNEL } from '../core/contract/bridge.ts';
import type { Notice } from '../core/contract/notices.ts';
import { defaultHome } from '../core/postgres/embedded/home.ts';
import { chooseGraphics } from './graphics.ts';
import { inNodeChild } from './host/node-child.ts';
import type { HostSettings, StartHost } from './host/process.ts';
import { supervise } from './host/supervisor.ts';
import { inUtilityProcess } from './host/utility-process.ts';
import { answerWindows } from './ipc.ts';
import { liveAndDie } from './life-cycle.ts';
import { lockEveryPage, lockSession } from './lockdown.ts';
import { openLog } from './log.ts';
import { applicationMenu, type MenuCommand } from './menu.ts';
import { SCHEME } from './origin.ts';
import { serveFrom } from './protocol.ts';
import { cacheKey, systemKeychain } from './secrets.ts';
import { openWindow } from './window.ts';

const OUT = join(__dirname, '..');

const home = defaultHome(process.env, process.platform, process.getuid?.());
mkdirSync(home, { recursive: true });
const log = openLog(home);

app.setName('Umpire');
// Before the lock: it belongs to this folder, so that each data folder has its own instance.
app.setPath('userData', join(home, 'window'));

function hostStarter(settings: HostSettings): StartHost {
  const node = __DEVELOPMENT__ ? process.env['UMPIRE_HOST_NODE'] : undefined;
  return node ? inNodeChild(node, settings) : inUtilityProcess(settings);
}

function open(): void {
  lockSession(session.defaultSession);
  protocol.handle(SCHEME, serveFrom(join(OUT, 'renderer')));
  const windows = new Set<BrowserWindow>();
  const runInFront = (command: MenuCommand): void => {
    const notice: Notice = { kind: 'menu', command };
    BrowserWindow.getFocusedWindow()?.webContents.send(NOTICE_CHANNEL, notice);
  };
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(process.platform, __DEVELOPMENT__, runInFront)));

  const keychain = systemKeychain(safeStorage, process.platform);
  const supervisor = supervise({
    start: hostStarter({
      entry: join(OUT, 'core', 'host', 'main.js'),
      env: { ...process.env, UMPIRE_HOME: home },
      log,
    }),
    onNotice: (notice) => {
      for (const window of windows) if (!window.isDestroyed()) window.webContents.send(NOTICE_CHANNEL, notice);
    },
    key: (cache, renew) => cacheKey(join(home, 'cache', cache, 'key'), keychain, renew),
    log,
  });
  answerWindows(windows, supervisor.call, log);

  const openOne = (): void => {
    const window = openWindow({
      preload: join(OUT, 'preload', 'preload.cjs'),
      stateFile: join(home, 'window', 'state.json'),
      log,
    });
    windows.add(window);
    window.once('closed', () => windows.delete(window));
  };
  liveAndDie({ windows, openWindow: openOne, stop: supervisor.stop });
  openOne();
}

if (app.requestSingleInstanceLock()) {
  chooseGraphics(app);
  // It would overrule the launcher's --no-sandbox, without which nothing runs as root; the window asks for its own sandbox.
  if (!(__DEVELOPMENT__ && app.commandLine.hasSwitch('no-sandbox'))) app.enableSandbox();
  // In one call: each further one would replace what the earlier registered.
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  lockEveryPage(app);
  void app.whenReady().then(open);
} else {
  log('Umpire is open already with this data folder; its window comes to the front');
  app.quit();
}
