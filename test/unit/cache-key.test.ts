import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheKey, type Keychain, systemKeychain } from '../../electron/secrets.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umpire-key-'));
  file = join(folder, 'cache', '00112233445566aa', 'key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A keychain with a secret of its own, as the system's is. */
function keychain(secret: number, isThere = true): Keychain {
  const mix = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ secret));
  return {
    isThere: async () => isThere,
    encrypt: async (text) => mix(Buffer.from(`sealed ${text}`)),
    decrypt: async (encrypted) => {
      const text = mix(encrypted).toString();
      if (!text.startsWith('sealed ')) throw new Error('another key');
      return text.slice('sealed '.length);
    },
  };
}
const NONE = keychain(0, false);

describe('the key of the cache', () => {
  it('is made once, lies encrypted in a file of this user alone, and is the same at each start', async () => {
    const first = await cacheKey(file, keychain(7), false);
    expect(first).toEqual({ state: 'had', hex: expect.stringMatching(/^[0-9a-f]{64}$/), place: 'keychain' });
    expect(await cacheKey(file, keychain(7), false)).toEqual(first);
    expect(await readFile(file, 'utf8')).not.toContain(first.state === 'had' ? first.hex : '');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is a plain file of this user where there is no keychain, and goes into one that comes later', async () => {
    const first = await cacheKey(file, NONE, false);
    expect(first).toMatchObject({ state: 'had', place: 'file' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await cacheKey(file, keychain(7), false)).toEqual({ ...first, place: 'keychain' });
    expect(await readFile(file, 'utf8')).not.toContain(first.state === 'had' ? first.hex : '');
  });

  it('is written to a file of its own, whatever lies there', async () => {
    const target = join(folder, 'target');
    await mkdir(dirname(file), { recursive: true });
    await symlink(target, `${file}.new`);
    expect(await cacheKey(file, NONE, false)).toMatchObject({ state: 'had' });
    await expect(stat(target)).rejects.toThrow(/ENOENT/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is told to be lost, and not replaced, where the keychain is gone, is another, or the file is damaged', async () => {
    const made = await cacheKey(file, keychain(7), false);
    const before = await readFile(file);
    expect(await cacheKey(file, NONE, false)).toMatchObject({
      state: 'lost',
      message: expect.stringMatching(/not there or locked.*retry/),
    });
    expect(await cacheKey(file, keychain(9), false)).toMatchObject({
      state: 'lost',
      message: expect.stringMatching(/does not give it out/),
    });
    expect(await readFile(file)).toEqual(before);
    expect(await cacheKey(file, keychain(7), false)).toEqual(made);

    await writeFile(file, '{"place":"keychain"');
    expect(await cacheKey(file, keychain(7), false)).toMatchObject({
      state: 'lost',
      message: expect.stringMatching(/is damaged/),
    });
    expect(await cacheKey(join(file, 'below'), keychain(7), false)).toMatchObject({
      state: 'lost',
      message: expect.stringMatching(/cannot be read and written/),
    });
    // A new one beside a cache would read nothing of it, and the old one may be brought back.
    const other = join(folder, 'cache', 'ffeeddccbbaa9988', 'key');
    await mkdir(dirname(other));
    await writeFile(join(dirname(other), 'cache.db'), 'sealed');
    expect(await cacheKey(other, keychain(7), false)).toMatchObject({
      state: 'lost',
      message: expect.stringMatching(/is not there any more/),
    });
    expect(await cacheKey(other, keychain(7), true)).toMatchObject({ state: 'had' });
    const renewed = await cacheKey(file, keychain(9), true);
    expect(renewed).toMatchObject({ state: 'had' });
    expect(renewed).not.toEqual(made);
    expect(await cacheKey(file, keychain(9), false)).toEqual(renewed);
  });
});

describe('the keys of two caches', () => {
  it('are two, and a new one for the one leaves the other as it is', async () => {
    const other = join(folder, 'cache', 'ffeeddccbbaa9988', 'key');
    const [first, second] = [await cacheKey(file, keychain(7), false), await cacheKey(other, keychain(7), false)];
    expect(second).not.toEqual(first);
    expect(await cacheKey(file, NONE, false)).toMatchObject({ state: 'lost' });
    expect(await cacheKey(file, NONE, true)).toMatchObject({ state: 'had', place: 'file' });
    expect(await cacheKey(other, keychain(7), false)).toEqual(second);
  });
});

describe('the keychain of the system', () => {
  const older = (backend: 'basic_text' | 'gnome_libsecret') => ({
    isEncryptionAvailable: () => true,
    encryptString: (text: string) => Buffer.from(`older ${text}`),
    decryptString: (encrypted: Buffer) => encrypted.toString().slice('older '.length),
    getSelectedStorageBackend: () => backend,
  });

  it('is none where it only encrypts by a key that everybody has', async () => {
    expect(await systemKeychain(older('basic_text'), 'linux').isThere()).toBe(false);
    expect(await systemKeychain(older('gnome_libsecret'), 'linux').isThere()).toBe(true);
    expect(await systemKeychain(older('basic_text'), 'darwin').isThere()).toBe(true);
  });

  it('is asked by the calls that do not block, where there are such', async () => {
    const plain = systemKeychain(older('gnome_libsecret'), 'linux');
    expect(await plain.decrypt(await plain.encrypt('secret'))).toBe('secret');
    const newer = systemKeychain(
      {
        ...older('gnome_libsecret'),
        isAsyncEncryptionAvailable: async () => true,
        encryptStringAsync: async (text) => Buffer.from(`newer ${text}`),
        decryptStringAsync: async (encrypted) => ({
          result: encrypted.toString().slice('newer '.length),
          shouldReEncrypt: false,
        }),
      },
      'linux',
    );
    expect((await newer.encrypt('secret')).toString()).toBe('newer secret');
    expect(await newer.decrypt(await newer.encrypt('secret'))).toBe('secret');
  });
});
