import { app, BrowserWindow, dialog, ipcMain } from 'electron';
import type { IpcMainInvokeEvent, MessageBoxOptions } from 'electron';
import { CALL_CHANNEL } from '../core/contract/bridge.ts';
import { METHODS, type CallOutcome } from '../core/contract/methods.ts';
import { answerCall } from './calls.ts';
import { isRemoval, removeCopy } from './confirm-removal.ts';
import type { Supervisor } from './host/supervisor.ts';
import { isOwnAddress } from './origin.ts';
import { saveFile } from './save-file.ts';

const NOT_YOU: CallOutcome = { ok: false, error: { code: 'refused', message: 'This page may not call Umpire.' } };

/** Only the main frame of one of our windows, on our own address, is listened to. */
function ownWindow(event: IpcMainInvokeEvent, windows: ReadonlySet<BrowserWindow>): BrowserWindow | undefined {
  const frame = event.senderFrame;
  if (!frame || !isOwnAddress(frame.url)) return undefined;
  return [...windows].find((window) => !window.isDestroyed() && window.webContents.mainFrame === frame);
}

/** What the window may call: the core host, and main itself for what takes the desktop. */
function callOf(window: BrowserWindow, call: Supervisor['call']): Supervisor['call'] {
  return async (method, request) => {
    if (isRemoval(method)) {
      const ask = async (options: MessageBoxOptions): Promise<number> =>
        (await dialog.showMessageBox(window, options)).response;
      return removeCopy(method, request, { call, ask });
    }
    if (method !== 'file.save') return call(method, request);
    return saveFile(METHODS['file.save'].request.parse(request), {
      ask: (options) => dialog.showSaveDialog(window, options),
      folder: app.getPath('documents'),
    });
  };
}

/** The one way from the window into main. */
export function answerWindows(
  windows: ReadonlySet<BrowserWindow>,
  call: Supervisor['call'],
  log: (line: string) => void,
): void {
  ipcMain.handle(CALL_CHANNEL, (event, method: unknown, request: unknown) => {
    const window = ownWindow(event, windows);
    return window === undefined ? NOT_YOU : answerCall(method, request, callOf(window, call), log);
  });
}
