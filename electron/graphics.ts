import { existsSync } from 'node:fs';
import type { App } from 'electron';

/**
 * Draws in software where Linux has no graphics device, as under Xvfb. Chromium would otherwise try a GPU process that
 * fails to start, and on a busy machine a page that waits for it is never shown. WebGL is there either way.
 */
export function chooseGraphics(app: App): void {
  if (process.platform === 'linux' && !existsSync('/dev/dri')) app.disableHardwareAcceleration();
}
