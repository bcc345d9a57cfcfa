import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const FOLDERS = ['core', 'electron', 'renderer'] as const;
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json'] as const;

/** A digest of everything that the build is made from. */
export async function sourcesDigest(): Promise<string> {
  const files: string[] = [...FILES];
  for (const folder of FOLDERS) {
    const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    files.push(
      ...entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)),
    );
  }
  const digest = createHash('sha256');
  for (const file of files.toSorted()) {
    // The pictures for the README are made from the build, not the other way round.
    if (file.endsWith('.png')) continue;
    digest.update(`${file}\0`).update(await readFile(join(ROOT, file)));
  }
  return digest.digest('hex');
}
