import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const bounds = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
});
const windowState = z.object({ bounds, maximized: z.boolean() });

export type Rectangle = Readonly<z.infer<typeof bounds>>;
export type WindowState = Readonly<z.infer<typeof windowState>>;

export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;
export const SMALLEST_SIZE = { width: 1024, height: 640 } as const;

/** Part of the title bar that must be on a display so that the window can be taken hold of. */
const GRIP = { width: 120, height: 40 } as const;

/** Null where there is none yet, or none that can be read. */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowState.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Whole or not at all: the system may end us while we write. */
export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Whether a window kept from an earlier run can still be reached: the display it was on may be gone. */
export function isReachable(window: Rectangle, displays: readonly Rectangle[]): boolean {
  return displays.some((display) => {
    const across = Math.min(window.x + window.width, display.x + display.width) - Math.max(window.x, display.x);
    const topWithin = window.y >= display.y && window.y + GRIP.height <= display.y + display.height;
    return across >= GRIP.width && topWithin;
  });
}
