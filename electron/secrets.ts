import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { CacheKey } from '../core/contract/host.ts';

/** What keeps secrets for this program: the system's keychain, or nothing. */
export type Keychain = {
  /** Whether it protects: not where anybody who reads the file could decrypt it. */
  isThere(): Promise<boolean>;
  encrypt(text: string): Promise<Buffer>;
  /** Rejects where it was encrypted by another key. */
  decrypt(encrypted: Buffer): Promise<string>;
};

/** Of Electron: the newer calls where it has them, because the older ones block main and go away. */
type SafeStorage = Pick<Electron.SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString'> &
  Partial<Electron.SafeStorage>;

export function systemKeychain(storage: SafeStorage, platform: NodeJS.Platform): Keychain {
  const { isAsyncEncryptionAvailable, encryptStringAsync, decryptStringAsync } = storage;
  return {
    isThere: async () => {
      // Its `basic_text` encrypts by a key that is in Electron's sources.
      const backend = platform === 'linux' ? storage.getSelectedStorageBackend?.() : undefined;
      if (backend === 'basic_text' || backend === 'unknown') return false;
      return isAsyncEncryptionAvailable === undefined
        ? storage.isEncryptionAvailable()
        : await isAsyncEncryptionAvailable.call(storage);
    },
    encrypt: async (text) =>
      encryptStringAsync === undefined ? storage.encryptString(text) : await encryptStringAsync.call(storage, text),
    decrypt: async (encrypted) =>
      decryptStringAsync === undefined
        ? storage.decryptString(encrypted)
        : (await decryptStringAsync.call(storage, encrypted)).result,
  };
}

/** `key`: by the keychain encrypted, in base64; or the key itself, in hex. */
const keyFile = z.discriminatedUnion('place', [
  z.object({ place: z.literal('keychain'), key: z.base64() }),
  z.object({ place: z.literal('file'), key: z.string().regex(/^[0-9a-f]{64}$/) }),
]);
type KeyFile = z.infer<typeof keyFile>;

const KEY_BYTES = 32;

/**
 * The key of one cache, kept in `file` (0600) in its folder, which is made: made at the first call, encrypted by the keychain where
 * there is one. Each cache has its own, so that a new one makes no other unreadable. One that cannot be had is never replaced by
 * itself: what it encrypted would be lost.
 */
export async function cacheKey(file: string, keychain: Keychain, renew: boolean): Promise<CacheKey> {
  try {
    // Asked for when its cache is wiped: what the old one encrypted is gone, and it goes too.
    const kept = renew ? null : await readKey(file);
    if (kept === null && !renew && existsSync(join(dirname(file), 'cache.db'))) {
      return lost(`The file ${file} is not there any more.`);
    }
    if (kept === null) return await keep(file, keychain, randomBytes(KEY_BYTES).toString('hex'));
    // One that was made before there was a keychain goes into it.
    if (kept.place === 'file') {
      return (await keychain.isThere())
        ? await keep(file, keychain, kept.key)
        : { state: 'had', hex: kept.key, place: 'file' };
    }
    if (!(await keychain.isThere())) return lost('The keychain of this computer is not there or locked.');
    return { state: 'had', hex: await keychain.decrypt(Buffer.from(kept.key, 'base64')), place: 'keychain' };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return lost(`The file ${file} is damaged.`);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== '') return lost(`The file ${file} cannot be read and written (${code}).`);
    return lost('The keychain of this computer does not give it out.');
  }
}

async function readKey(file: string): Promise<KeyFile | null> {
  try {
    return keyFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** On the disk before it encrypts anything; a half-written file never has the name. */
async function keep(file: string, keychain: Keychain, hex: string): Promise<CacheKey> {
  const place = (await keychain.isThere()) ? 'keychain' : 'file';
  const key = place === 'file' ? hex : (await keychain.encrypt(hex)).toString('base64');
  const folder = dirname(file);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  // What lies there was cut off, or is somebody else's: nothing is written through it.
  await rm(`${file}.new`, { force: true });
  const fresh = await open(`${file}.new`, 'wx', 0o600);
  try {
    await fresh.writeFile(`${JSON.stringify({ place, key } satisfies KeyFile)}\n`);
    await fresh.sync();
  } finally {
    await fresh.close();
  }
  await rename(`${file}.new`, file);
  // The name of a folder that was made is in the one above it.
  const top = made === undefined ? folder : dirname(made);
  for (let named = folder; ; named = dirname(named)) {
    await syncFolder(named);
    if (named === top) break;
  }
  return { state: 'had', hex, place };
}

/** The name itself is on the disk only with its folder; Windows does not open folders and needs it not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function lost(what: string): CacheKey {
  return {
    state: 'lost',
    message:
      `The copy of the queue on this computer is encrypted, and its key cannot be had. ${what} ` +
      'Every decision that was delivered is safe on the server; those that still wait here can be read again with the key. ' +
      'Unlock the keychain or bring the file of the key back, and retry; or remove the copy.',
  };
}
