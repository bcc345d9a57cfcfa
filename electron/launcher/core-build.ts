import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { run } from './command.ts';
import { ROOT } from './root.ts';

const require = createRequire(import.meta.url);

/** Kept with the code at the same relative place, so that `import.meta.url` finds them in both. */
function isCoreAsset(path: string): boolean {
  const extension = extname(path);
  return extension === '' || extension === '.sql' || (extension === '.json' && !path.endsWith('tsconfig.json'));
}

/** core/ as JavaScript, file by file: the Node inside Electron does not read TypeScript. */
export async function buildCore(out: string): Promise<void> {
  const core = join(ROOT, 'core');
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const result = await run(process.execPath, [
    compiler,
    '--project',
    core,
    '--rootDir',
    core,
    '--outDir',
    join(out, 'core'),
    '--noEmit',
    'false',
    '--rewriteRelativeImportExtensions',
    '--noCheck',
    '--sourceMap',
  ]);
  if (result.code !== 0) throw new Error(`core could not be compiled:\n${result.output}`);
  await cp(core, join(out, 'core'), { recursive: true, filter: isCoreAsset });
}
