import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../core/host/home.ts';

const lena = { env: {}, platform: 'linux', homeFolder: '/home/lena', uid: 1000 };

describe('the data folder', () => {
  it.each([
    ['on Linux', lena, '/home/lena/.local/share/umpire'],
    ['on Linux with XDG_DATA_HOME', { ...lena, env: { XDG_DATA_HOME: '/data' } }, '/data/umpire'],
    ['of root, outside /root, for Postgres runs as another user', { ...lena, uid: 0 }, '/var/lib/umpire'],
    ['on macOS', { ...lena, platform: 'darwin' }, '/home/lena/Library/Application Support/Umpire'],
    [
      'on Windows',
      { env: { LOCALAPPDATA: 'C:\\Users\\Lena\\AppData\\Local' }, platform: 'win32', homeFolder: '', uid: null },
      'C:\\Users\\Lena\\AppData\\Local\\Umpire',
    ],
    ['where UMPIRE_HOME says', { ...lena, uid: 0, env: { UMPIRE_HOME: '/elsewhere' } }, '/elsewhere'],
  ])('is %s the usual one', (_where, surroundings, folder) => {
    expect(dataFolder(surroundings)).toBe(folder);
  });
});
