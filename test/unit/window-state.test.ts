import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReachable, readWindowState, writeWindowState } from '../../electron/window-state.ts';

describe("the window's place", () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'umpire-state-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is read as it was written', () => {
    const state = { bounds: { x: 10, y: 20, width: 1440, height: 900 }, maximized: true };
    writeWindowState(join(folder, 'state.json'), state);
    expect(readWindowState(join(folder, 'state.json'))).toEqual(state);
  });

  it.each(['', '{', '[]', '{"bounds":{"x":"a"},"maximized":false}'])(
    'is nowhere where the file holds %j',
    async (text) => {
      await writeFile(join(folder, 'state.json'), text);
      expect(readWindowState(join(folder, 'state.json'))).toBeNull();
    },
  );

  it('is nowhere on the first start', () => {
    expect(readWindowState(join(folder, 'state.json'))).toBeNull();
  });

  const display = { x: 0, y: 0, width: 1920, height: 1080 };
  it.each([
    ['on the display', { x: 100, y: 100, width: 800, height: 600 }, true],
    ['half off to the right', { x: 1700, y: 100, width: 800, height: 600 }, true],
    ['on a display that is gone', { x: 2500, y: 100, width: 800, height: 600 }, false],
    ['with its title bar above the display', { x: 100, y: -50, width: 800, height: 600 }, false],
    ['with its title bar below the display', { x: 100, y: 1070, width: 800, height: 600 }, false],
  ])('%s can be reached: %j %s', (_where, bounds, reachable) => {
    expect(isReachable(bounds, [display])).toBe(reachable);
  });
});
