import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverAccount } from '../../core/postgres/embedded/account.ts';
import { findPackage, usableBinaries } from '../../core/postgres/embedded/binaries.ts';
import { prepareFolders } from '../../core/postgres/embedded/folders.ts';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { run } from '../../core/postgres/embedded/run.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { isRunning, query, startProgram, withHome } from './embedded-support.ts';

async function make(home: string): Promise<void> {
  const workspace = await openWorkspace({ home });
  await query(workspace.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await workspace.release();
}

async function expectKept(home: string): Promise<void> {
  const workspace = await openWorkspace({ home });
  expect(await query(workspace.connection, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await workspace.release();
}

describe('a workspace that cannot be opened', () => {
  it('is refused when another major version made it, with the way out, and is left as it is', async () => {
    await withHome(async (home) => {
      await make(home);
      const version = join(layoutOf(home).data, 'PG_VERSION');
      await writeFile(version, '17\n');
      await expect(openWorkspace({ home })).rejects.toMatchObject({
        code: 'foreign_version',
        message: expect.stringMatching(/made by PostgreSQL 17; this Umpire brings 18 .*copy its tables/),
      });
      expect(await isRunning(home)).toBe(false);
      await writeFile(version, '18\n');
      await expectKept(home);
    });
  });

  it('is refused when something else lies there', async () => {
    await withHome(async (home) => {
      const { data } = layoutOf(home);
      await mkdir(data, { recursive: true });
      await writeFile(join(data, 'thesis.txt'), 'three years of work');
      await expect(openWorkspace({ home })).rejects.toMatchObject({ code: 'not_a_workspace' });
      expect(await readdir(data)).toEqual(['thesis.txt']);
      expect(await readFile(join(data, 'thesis.txt'), 'utf8')).toBe('three years of work');
    });
  });

  it('is refused without its password file, or with another one, until it is back', async () => {
    await withHome(async (home) => {
      await make(home);
      const { password } = layoutOf(home);
      await rename(password, `${password}.away`);
      await expect(openWorkspace({ home })).rejects.toMatchObject({ code: 'password' });
      await writeFile(password, 'guess\n');
      await expect(openWorkspace({ home })).rejects.toMatchObject({ code: 'password' });
      expect(await isRunning(home)).toBe(false);
      await rename(`${password}.away`, password);
      await expectKept(home);
    });
  });

  it('is refused when its files are damaged, with the reason, and is left as it is', async () => {
    await withHome(async (home) => {
      await make(home);
      const { data } = layoutOf(home);
      await rename(join(data, 'global', 'pg_control'), join(data, 'global', 'away'));
      await expect(openWorkspace({ home })).rejects.toMatchObject({
        code: 'start_failed',
        message: expect.stringMatching(/pg_control/),
      });
      await rename(join(data, 'global', 'away'), join(data, 'global', 'pg_control'));
      await expectKept(home);
    });
  });

  it('is refused where the home is a file', async () => {
    await withHome(async (home) => {
      await writeFile(join(home, 'file'), '');
      await expect(openWorkspace({ home: join(home, 'file') })).rejects.toMatchObject({ code: 'no_permission' });
    });
  });

  it.skipIf(process.platform === 'win32')('is refused where this user may not read and write', async () => {
    await withHome(async (home) => {
      const closed = join(home, 'closed');
      await mkdir(closed);
      // Root may enter everything, so as root the program becomes somebody else.
      const program = startProgram(closed, process.getuid?.() === 0 ? 65_534 : undefined);
      await chmod(closed, 0o000);
      await chmod(home, 0o755);
      const { code, error } = await program.say('open');
      expect({ code, error }).toEqual({ code: 'no_permission', error: expect.stringContaining('UMPIRE_HOME') });
      await program.end();
      await chmod(closed, 0o700);
    });
  });

  it.skipIf(process.getuid?.() !== 0)('is refused to another user than the one it belongs to', async () => {
    await withHome(async (home) => {
      await make(home);
      await chmod(home, 0o755);
      const program = startProgram(home, 65_534);
      expect(await program.say('open')).toMatchObject({ code: 'no_permission' });
      await program.end();
    });
  });

  it.skipIf(process.getuid?.() !== 0)('is refused to root below a folder that the server cannot enter', async () => {
    await withHome(async (closed) => {
      await chmod(closed, 0o700);
      await expect(openWorkspace({ home: join(closed, 'umpire') })).rejects.toMatchObject({ code: 'unreachable' });
    });
  });
});

describe.skipIf(process.platform === 'win32')('the binaries', () => {
  it('are copied once when they lack links and lie where the server cannot use them', async () => {
    await withHome(async (home) => {
      const layout = layoutOf(home);
      const account = await serverAccount(layout);
      await prepareFolders(layout, account);
      const found = await findPackage();
      const closed = join(home, 'clone');
      const native = join(closed, 'native');
      await mkdir(closed, { mode: 0o700 });
      await cp(found.native, native, { recursive: true, verbatimSymlinks: true });
      const listed = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
      for (const { target } of listed) await rm(join(closed, target));
      await chmod(join(native, 'lib'), 0o555);

      const usable = await usableBinaries({ ...found, native }, layout.binaries, account);
      expect(usable.bin.startsWith(layout.binaries)).toBe(true);
      const ran = await run(join(usable.bin, 'postgres'), ['--version'], { account, cwd: '/' });
      expect(ran).toEqual({ code: 0, output: 'postgres (PostgreSQL) 18.4' });
      expect(await usableBinaries({ ...found, native }, layout.binaries, account)).toEqual(usable);
      expect(await readdir(layout.binaries)).toHaveLength(1);
      await chmod(join(native, 'lib'), 0o755);
    });
  });

  it('get the links that an install script could not make', async () => {
    await withHome(async (home) => {
      await chmod(home, 0o755);
      const found = await findPackage();
      const native = join(home, 'native');
      await cp(found.native, native, { recursive: true, verbatimSymlinks: true });
      const listed = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
      for (const { target } of listed) await rm(join(home, target));
      const account = await serverAccount(layoutOf(home));
      const usable = await usableBinaries({ ...found, native }, join(home, 'copies'), account);
      expect(usable.bin).toBe(join(native, 'bin'));
    });
  });
});
