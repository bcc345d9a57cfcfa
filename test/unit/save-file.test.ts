import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SaveDialogOptions } from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainName, saveFile } from '../../electron/save-file.ts';

const POSIX = process.platform !== 'win32';

describe('saving a file', () => {
  let folder: string;
  let asked: SaveDialogOptions | null;

  /** Saves, with a person who chooses this file, or none. */
  const save = (filePath: string | null, name = 'report.csv') =>
    saveFile(
      { name, text: 'one,two\r\n' },
      {
        ask: (options) => {
          asked = options;
          return Promise.resolve({ canceled: filePath === null, filePath: filePath ?? '' });
        },
        folder,
      },
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'umpire-save-'));
    asked = null;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes where the person said, for this user alone, and nothing beside it', async () => {
    const file = join(folder, 'mine.csv');
    expect(await save(file)).toEqual({ ok: true, value: { saved: true } });
    expect(await readFile(file, 'utf8')).toBe('one,two\r\n');
    expect(await readdir(folder)).toEqual(['mine.csv']);
    expect(POSIX ? (await stat(file)).mode & 0o777 : 0o600).toBe(0o600);
  });

  it('offers the name that the window gave, in the folder, with the dialog asking before it replaces', async () => {
    await save(null);
    expect(asked).toMatchObject({
      defaultPath: join(folder, 'report.csv'),
      filters: [{ extensions: ['csv'] }],
      properties: expect.arrayContaining(['showOverwriteConfirmation']) as unknown,
    });
  });

  it('writes nothing where they thought better of it', async () => {
    expect(await save(null)).toEqual({ ok: true, value: { saved: false } });
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces what the dialog let them choose, with rights for this user alone', async () => {
    const file = join(folder, 'old.csv');
    await writeFile(file, 'old', { mode: 0o644 });
    await chmod(file, 0o644);
    expect(await save(file)).toMatchObject({ ok: true });
    expect(await readFile(file, 'utf8')).toBe('one,two\r\n');
    expect(POSIX ? (await stat(file)).mode & 0o777 : 0o600).toBe(0o600);
  });

  it('says in words why it was not written, and leaves nothing half done', async () => {
    const outcome = await save(join(folder, 'gone', 'report.csv'));
    expect(outcome).toEqual({
      ok: false,
      error: {
        code: 'refused',
        message: 'report.csv was not written: the folder is not there any more. Choose another place.',
      },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['../../etc/passwd', '-..-etc-passwd'],
    ['a\\b:c*?.csv', 'a-b-c--.csv'],
    ['…\u202Efdp.exe', '…-fdp.exe'],
    [' . ', 'umpire'],
    ['Bericht März.csv', 'Bericht März.csv'],
  ])('takes %j for a name and nothing else', (given, plain) => {
    expect(plainName(given)).toBe(plain);
  });
});
