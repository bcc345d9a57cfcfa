import { join } from 'node:path';
import { run } from '../../electron/launcher/command.ts';
import { ROOT } from '../../electron/launcher/root.ts';

/** Innermost first: an error is then told where it was made. */
export const LAYERS = ['core/domain', 'core/contract', 'core', 'electron', 'renderer', 'test'] as const;

const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

export type TypeCheck = { readonly layer: string; readonly ok: boolean; readonly output: string };

/** Each layer by its own project, so that what a layer must not know does not compile in it. */
export async function checkTypes(): Promise<readonly TypeCheck[]> {
  const checks: TypeCheck[] = [];
  for (const layer of LAYERS) {
    const folder = join(ROOT, layer);
    const { code, output } = await run(process.execPath, [COMPILER, '--project', folder]);
    checks.push({ layer, ok: code === 0, output });
  }
  return checks;
}

if (import.meta.main) {
  const failed = (await checkTypes()).filter((check) => !check.ok);
  for (const { layer, output } of failed) process.stdout.write(`${layer}:\n${output}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
