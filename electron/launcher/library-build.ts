import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compileCore } from './core-build.ts';
import { OUT, ROOT } from './root.ts';

const MIGRATIONS = join('postgres', 'migrations');

/**
 * core/library.ts and what it needs as JavaScript with types, for a product's back end: Node does not read TypeScript below
 * node_modules. The migrations lie beside it, as in the source.
 */
export async function buildLibrary(out: string): Promise<void> {
  await compileCore(join(ROOT, 'core', 'library.tsconfig.json'), out, ['--declaration']);
  await cp(join(ROOT, 'core', MIGRATIONS), join(out, MIGRATIONS), { recursive: true });
}

/** out/library alone, whole or as it was. */
async function buildAlone(): Promise<void> {
  const work = join(OUT, `.building-library-${process.pid}`);
  await mkdir(work, { recursive: true });
  try {
    await buildLibrary(work);
    await rm(join(OUT, 'library'), { recursive: true, force: true });
    await rename(work, join(OUT, 'library'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

if (import.meta.main) await buildAlone();
