import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { run } from './command.ts';
import { ROOT } from './root.ts';

const require = createRequire(import.meta.url);

const CORE = join(ROOT, 'core');

/** Kept with the code at the same relative place, so that `import.meta.url` finds them in both. */
function isCoreAsset(path: string): boolean {
  const extension = extname(path);
  return extension === '' || extension === '.sql' || (extension === '.json' && !path.endsWith('tsconfig.json'));
}

/** The files of a TypeScript project in core/ as JavaScript, file by file; types are checked elsewhere. */
export async function compileCore(project: string, out: string, more: readonly string[]): Promise<void> {
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const result = await run(process.execPath, [
    compiler,
    '--project',
    project,
    '--rootDir',
    CORE,
    '--outDir',
    out,
    '--noEmit',
    'false',
    '--rewriteRelativeImportExtensions',
    '--noCheck',
    ...more,
  ]);
  if (result.code !== 0) throw new Error(`core could not be compiled:\n${result.output}`);
}

/** core/ as JavaScript: the Node inside Electron does not read TypeScript. */
export async function buildCore(out: string): Promise<void> {
  await compileCore(CORE, join(out, 'core'), ['--sourceMap']);
  await cp(CORE, join(out, 'core'), { recursive: true, filter: isCoreAsset });
}
