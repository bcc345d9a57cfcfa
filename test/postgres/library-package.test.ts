import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../electron/launcher/command.ts';
import { buildLibrary } from '../../electron/launcher/library-build.ts';
import { ROOT } from '../../electron/launcher/root.ts';
import { connect } from '../../core/postgres/connection.ts';
import { withDatabase } from '../support/postgres.ts';

let folder: string;
let project: string;

/** A project outside of this one that has the package and what it depends on, and nothing else of ours. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umpire-library-'));
  project = join(folder, 'product');
  const source = join(folder, 'source');
  await buildLibrary(join(source, 'out', 'library'));
  for (const file of ['package.json', 'README.md', 'LICENSE']) await cp(join(ROOT, file), join(source, file));
  await ran('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], source);
  await ran('tar', ['-xzf', 'umpire-0.1.0.tgz'], folder);
  const modules = join(project, 'node_modules');
  await mkdir(modules, { recursive: true });
  await rename(join(folder, 'package'), join(modules, 'umpire'));
  const { dependencies } = JSON.parse(await readFile(join(modules, 'umpire', 'package.json'), 'utf8')) as {
    dependencies: { [name: string]: string };
  };
  for (const name of [...Object.keys(dependencies), '@types/pg', '@types/node']) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ran(program: string, args: readonly string[], cwd: string, env = {}): Promise<string> {
  const { code, output } = await run(program, args, { cwd, env: { ...process.env, ...env } });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${code}\n${output}`);
  return output;
}

/** The code block of the README's section on the library, as it stands there. */
async function example(): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, section = ''] = readme.split("## In a product's back end");
  const [, code] = /```js\n(.*?)```/s.exec(section) ?? [];
  if (code === undefined) throw new Error('the README has no example');
  return code;
}

test('the README’s example runs as it stands, in a project of its own', async () => {
  await withDatabase({}, async ({ url }) => {
    await writeFile(join(project, 'example.js'), await example());
    const output = await ran(process.execPath, ['example.js'], project, {
      DATABASE_URL: url,
      UMPIRE_HASH_KEY: 'a key of the example',
    });
    const pool = connect(url);
    const { rows } = await pool.query<{ id: string }>(
      `SELECT id FROM referrals.relationships WHERE referrer_id = 'till' AND referee_id = 'ada'`,
    );
    await pool.end();
    expect(output.trim()).toBe(`Till S. ${rows[0]?.id}`);
  });
});

/** What a program in TypeScript may do; what stands behind `@ts-expect-error` must not compile. */
const TYPED = `
import pg from 'pg';
import { createUmpire, type RegistrationAnswer, UmpireError } from 'umpire';

const umpire = createUmpire({ hashKey: 'k' });
const client = new pg.Client();
const answer: RegistrationAnswer = await umpire.registerReferral(client, { refereeId: 'ada', code: 'TILL', ip: '192.0.2.1' });
export const id: string = answer.outcome === 'accepted' ? answer.relationshipId : answer.reason;
await umpire.record(client, { type: 'credits.used', userId: 'ada', appId: 'chat', amount: 5 });
// @ts-expect-error: an accepted registration has no reason
answer.outcome === 'accepted' && answer.reason;
// @ts-expect-error: an amount is a number
await umpire.record(client, { type: 'credits.used', userId: 'ada', appId: 'chat', amount: 'five' });
// @ts-expect-error: a registration has a call of its own
await umpire.record(client, { type: 'referral.registered', refereeId: 'ada', code: 'TILL', ip: '192.0.2.1' });
export const isOurs = (error: unknown): boolean => error instanceof UmpireError && error.code === 'id_reused';
`;

test('its types say what a call takes and answers', async () => {
  await writeFile(join(project, 'typed.ts'), TYPED);
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--skipLibCheck',
    'false',
  ];
  expect(await ran(process.execPath, [compiler, ...options, 'typed.ts'], project)).toBe('');
});
