import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { bundles } from './bundles.ts';
import type { Flavour } from './bundles.ts';
import { buildCore } from './core-build.ts';
import { buildLibrary } from './library-build.ts';
import { toTerminal } from './report.ts';
import type { Report } from './report.ts';
import { OUT } from './root.ts';
import { sourcesDigest } from './sources.ts';

const PARTS = ['core', 'library', 'main', 'preload', 'renderer'] as const;

/** Builds all parts into a folder. */
export async function buildInto(out: string, flavour: Flavour): Promise<void> {
  await buildCore(out);
  await buildLibrary(join(out, 'library'));
  await forProduction(async () => {
    for (const config of bundles(out, flavour)) await build(config);
  });
}

/**
 * Vite goes by NODE_ENV, which a test runner sets: what is tested, measured and started by hand would then have the React that
 * checks itself with every render, and not the one that ships.
 */
async function forProduction(work: () => Promise<void>): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

/** Brings out/ up to date with the sources, where it is not. */
export async function ensureBuilt(report: Report, flavour: Flavour = 'development'): Promise<void> {
  const stampFile = join(OUT, `built-from`);
  const stamp = `${flavour} ${await sourcesDigest()}`;
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;

  report('building …');
  const work = join(OUT, `.building-${process.pid}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await buildInto(work, flavour);
    // The stamp goes first and comes back last: a build that was cut short is done again.
    await rm(stampFile, { force: true });
    for (const part of PARTS) {
      await rm(join(OUT, part), { recursive: true, force: true });
      await rename(join(work, part), join(OUT, part));
    }
    await writeFile(stampFile, stamp);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

if (import.meta.main) await ensureBuilt(toTerminal, process.argv.includes('--packaged') ? 'packaged' : 'development');
