import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../electron/launcher/root.ts';

type Finding = { readonly code: string; readonly filename: string };

/** Lints a copy of the project's rules with these files in it. */
async function lint(folder: string, files: { readonly [path: string]: string }): Promise<readonly Finding[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const program = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [program, '--format', 'json', ...Object.keys(files)],
      { cwd: folder },
      (_error, stdout) => resolve(stdout),
    );
  });
  return (JSON.parse(output) as { diagnostics: readonly Finding[] }).diagnostics;
}

const CROSSINGS: readonly (readonly [string, string])[] = [
  ['core/postgres/planted.ts', 'electron'],
  ['core/engine/planted.ts', '../../renderer/app/main.ts'],
  ['core/review/planted.ts', '../../electron/window.ts'],
  ['core/domain/planted.ts', '../postgres/planted.ts'],
  ['core/domain/planted.ts', 'pg'],
  ['core/contract/planted.ts', '../postgres/planted.ts'],
  ['core/contract/planted.ts', 'pg'],
  ['renderer/app/planted.ts', '../../core/postgres/planted.ts'],
  ['renderer/app/planted.ts', '../../core/cache/planted.ts'],
  ['renderer/features/queue/planted.ts', '../../../electron/window.ts'],
  ['renderer/app/planted.ts', 'electron'],
  ['renderer/app/planted.ts', 'node:fs'],
  ['electron/planted.ts', '../renderer/app/main.ts'],
];

const ALLOWED: readonly (readonly [string, string])[] = [
  ['core/contract/planted.ts', '../domain/band.ts'],
  ['core/contract/planted.ts', 'zod'],
  ['core/engine/planted.ts', '../domain/band.ts'],
  ['renderer/app/planted.ts', '../../core/contract/methods.ts'],
  ['renderer/app/planted.ts', '../../core/domain/band.ts'],
  ['electron/planted.ts', '../core/contract/methods.ts'],
];

describe('the layers', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'umpire-layers-'));
    await copyFile(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    await copyFile(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    await cp(join(ROOT, 'core', 'domain'), join(folder, 'core', 'domain'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(CROSSINGS)('refuse that %s imports %s', async (path, imported) => {
    const findings = await lint(folder, {
      [path]: `import { planted } from '${imported}';\nexport const used = planted;\n`,
    });
    expect(findings.map((finding) => finding.code)).toContain('eslint(no-restricted-imports)');
  });

  it.each(ALLOWED)('allow that %s imports %s', async (path, imported) => {
    const findings = await lint(folder, {
      [path]: `import { planted } from '${imported}';\nexport const used = planted;\n`,
    });
    expect(findings.map((finding) => finding.code)).not.toContain('eslint(no-restricted-imports)');
  });

  it('refuse a cycle', async () => {
    const findings = await lint(folder, {
      'core/engine/one.ts': "import { two } from './two.ts';\nexport const one = (): number => two();\n",
      'core/engine/two.ts': "import { one } from './one.ts';\nexport const two = (): number => one();\n",
    });
    expect(findings.map((finding) => finding.code)).toContain('import(no-cycle)');
  });
});
