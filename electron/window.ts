import { BrowserWindow, nativeTheme, screen } from 'electron';
import { showContextMenu } from './context-menu.ts';
import { START_URL } from './origin.ts';
import { recoverWindow } from './recovery.ts';
import { DEFAULT_SIZE, isReachable, readWindowState, SMALLEST_SIZE, writeWindowState } from './window-state.ts';

export type WindowOptions = {
  readonly preload: string;
  readonly stateFile: string;
  readonly log: (line: string) => void;
};

/** Opens the workstation's window where it was left the last time. */
export function openWindow({ preload, stateFile, log }: WindowOptions): BrowserWindow {
  const kept = readWindowState(stateFile);
  const displays = screen.getAllDisplays().map((display) => display.workArea);
  const window = new BrowserWindow({
    title: 'Umpire',
    show: false,
    ...DEFAULT_SIZE,
    ...(kept && isReachable(kept.bounds, displays) ? kept.bounds : {}),
    minWidth: SMALLEST_SIZE.width,
    minHeight: SMALLEST_SIZE.height,
    // What shows before the first paint; without it a dark window opens with a white flash.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#141517' : '#ffffff',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      // Chromium would fetch its dictionaries from the network.
      spellcheck: false,
      devTools: __DEVELOPMENT__,
    },
  });

  window.once('ready-to-show', () => {
    if (kept?.maximized) window.maximize();
    window.show();
  });
  window.on('close', () => {
    try {
      writeWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    } catch (error) {
      log(`the window's place was not kept: ${String(error)}`);
    }
  });
  showContextMenu(window);
  recoverWindow(window, log);
  void window.loadURL(START_URL).catch((error: unknown) => log(`the window did not load: ${String(error)}`));
  return window;
}
