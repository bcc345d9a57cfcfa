import { dialog } from 'electron';
import type { BrowserWindow } from 'electron';

/** Further crashes of the page within this time are not answered by yet another reload. */
const RELOAD_AGAIN_AFTER_MS = 30_000;

async function askAfterCrash(window: BrowserWindow): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The window crashed twice in a row.',
    detail: 'Decisions that were shown as made are safe.',
    buttons: ['Open again', 'Close'],
  });
  if (window.isDestroyed()) return;
  if (response === 0) window.webContents.reload();
  else window.destroy();
}

async function askWhileHanging(window: BrowserWindow, signal: AbortSignal): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: 'The window does not respond.',
    detail: 'Decisions that were shown as made are safe.',
    buttons: ['Wait', 'Load again'],
    cancelId: 0,
    signal,
  });
  if (response === 1 && !window.isDestroyed()) window.webContents.forcefullyCrashRenderer();
}

/** A page that crashed is loaded again, one that hangs is the analyst's choice. What was decided lies in the core host. */
export function recoverWindow(window: BrowserWindow, log: (line: string) => void): void {
  let reloadedAt = -Infinity;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    log(`the window's process ended: ${reason}`);
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    if (performance.now() - reloadedAt < RELOAD_AGAIN_AFTER_MS) {
      void askAfterCrash(window);
      return;
    }
    reloadedAt = performance.now();
    // Not within the event: Chromium is still taking the old page apart.
    setImmediate(() => {
      if (!window.isDestroyed()) window.webContents.reload();
    });
  });

  let asking: AbortController | null = null;
  window.on('unresponsive', () => {
    if (asking) return;
    log('the window does not respond');
    asking = new AbortController();
    void askWhileHanging(window, asking.signal).finally(() => (asking = null));
  });
  window.on('responsive', () => asking?.abort());
}
