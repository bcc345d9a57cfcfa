import { ipcMain } from 'electron';
import type { BrowserWindow, IpcMainInvokeEvent } from 'electron';
import { CALL_CHANNEL } from '../core/contract/bridge.ts';
import type { CallOutcome } from '../core/contract/methods.ts';
import { answerCall } from './calls.ts';
import type { Supervisor } from './host/supervisor.ts';
import { isOwnAddress } from './origin.ts';

const NOT_YOU: CallOutcome = { ok: false, error: { code: 'refused', message: 'This page may not call Umpire.' } };

/** Only the main frame of one of our windows, on our own address, is listened to. */
function isOwnWindow(event: IpcMainInvokeEvent, windows: ReadonlySet<BrowserWindow>): boolean {
  const frame = event.senderFrame;
  if (!frame || !isOwnAddress(frame.url)) return false;
  return [...windows].some((window) => !window.isDestroyed() && window.webContents.mainFrame === frame);
}

/** The one way from the window into main. */
export function answerWindows(
  windows: ReadonlySet<BrowserWindow>,
  call: Supervisor['call'],
  log: (line: string) => void,
): void {
  ipcMain.handle(CALL_CHANNEL, (event, method: unknown, request: unknown) =>
    isOwnWindow(event, windows) ? answerCall(method, request, call, log) : NOT_YOU,
  );
}
