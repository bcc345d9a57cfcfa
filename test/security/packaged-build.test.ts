import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildInto } from '../../electron/launcher/build.ts';
import { ROOT } from '../../electron/launcher/root.ts';

describe('a packaged build', () => {
  let out: string;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'umpire-build-'));
    await buildInto(out, 'packaged');
  });

  afterAll(() => rm(out, { recursive: true, force: true }));

  it('cannot be told to run the core host in another program', async () => {
    const main = await readFile(join(out, 'main', 'main.cjs'), 'utf8');
    expect(main.includes('UMPIRE_HOST_NODE')).toBe(false);
    expect(main.includes('child_process')).toBe(false);
    expect(main.includes('utilityProcess')).toBe(true);
  });

  it('has no developer tools', async () => {
    const main = await readFile(join(out, 'main', 'main.cjs'), 'utf8');
    expect(/devTools: (false|!1)/.test(main)).toBe(true);
    expect(main.includes('devtools:')).toBe(false);
  });

  it('has the React that ships, whatever NODE_ENV it is built under', async () => {
    expect(process.env['NODE_ENV']).toBe('test');
    const assets = join(out, 'renderer', 'assets');
    const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
    expect(scripts).toHaveLength(1);
    const script = await readFile(join(assets, scripts[0] ?? ''), 'utf8');
    expect(script.includes('react.dev/errors/')).toBe(true);
    expect(script.includes('Download the React DevTools')).toBe(false);
  });

  it('opens nothing outside of itself', async () => {
    expect(await readFile(join(out, 'main', 'main.cjs'), 'utf8')).not.toMatch(/openExternal|openPath/);
  });

  it('has a preload of one file that needs nothing but Electron', async () => {
    const preload = await readFile(join(out, 'preload', 'preload.cjs'), 'utf8');
    expect([...preload.matchAll(/require\("([^"]+)"\)/g)].map((match) => match[1])).toEqual(['electron']);
  });

  it('asks for every fuse that closes a way in', async () => {
    const settings = await readFile(join(ROOT, 'electron-builder.yml'), 'utf8');
    const fuses = /^electronFuses:\n((?: {2}\w+: \w+\n)+)/m.exec(settings)?.[1] ?? '';
    expect(Object.fromEntries([...fuses.matchAll(/(\w+): (\w+)/g)].map(([, name, value]) => [name, value]))).toEqual({
      runAsNode: 'false',
      enableCookieEncryption: 'true',
      enableNodeOptionsEnvironmentVariable: 'false',
      enableNodeCliInspectArguments: 'false',
      enableEmbeddedAsarIntegrityValidation: 'true',
      onlyLoadAppFromAsar: 'true',
      loadBrowserProcessSpecificV8Snapshot: 'false',
      grantFileProtocolExtraPrivileges: 'false',
    });
  });

  it('is made with a current Electron, pinned, and never with the one from the npm registry', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: { electron: string };
    };
    expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number(devDependencies.electron.split('.')[0])).toBeGreaterThanOrEqual(45);
    expect(await readFile(join(ROOT, 'electron-builder.yml'), 'utf8')).not.toMatch(/electronDist|cypress/i);
  });
});
