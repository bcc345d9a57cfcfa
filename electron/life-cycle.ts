import { app } from 'electron';
import type { BrowserWindow } from 'electron';

export type Life = {
  readonly windows: ReadonlySet<BrowserWindow>;
  readonly openWindow: () => void;
  /** Ends the core host; bounded in time. */
  readonly stop: () => Promise<void>;
};

/** The manners of each system: on macOS the program stays when its last window closes, elsewhere it ends. */
export function liveAndDie({ windows, openWindow, stop }: Life): void {
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (windows.size === 0) openWindow();
  });
  app.on('second-instance', () => {
    const [window] = windows;
    if (!window) return openWindow();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  });

  let stopped = false;
  app.on('will-quit', (event) => {
    if (stopped) return;
    // The database is closed in order before the process may go.
    event.preventDefault();
    void stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });
}
