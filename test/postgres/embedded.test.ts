import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { defaultHome } from '../../core/postgres/embedded/home.ts';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { isRunning, query, startProgram, withHome } from './embedded-support.ts';

async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('the embedded workspace', () => {
  it('is made at the first start, told step by step, and holds its data at the second', async () => {
    await withHome(async (home) => {
      const steps: string[] = [];
      const first = await openWorkspace({ home, onStep: (step) => steps.push(step) });
      expect(first.wasCreated).toBe(true);
      expect(steps).toEqual(['Creating the workspace', 'Starting PostgreSQL']);
      await query(first.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.release();
      expect(await isRunning(home)).toBe(false);

      const second = await openWorkspace({ home });
      expect(second.wasCreated).toBe(false);
      expect(await query(second.connection, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await second.release();
    });
  });

  it('is PostgreSQL 18 that keeps what it promised and orders text the same everywhere', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const settings = await query(
        workspace.connection,
        `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
           current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('data_checksums') AS checksums, current_setting('TimeZone') AS timezone, current_setting('jit') AS jit,
           pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider, datlocale AS locale, datcollate AS collate,
           pg_get_userbyid(datdba) AS owner
         FROM pg_database WHERE datname = current_database()`,
      );
      expect(settings).toEqual([
        {
          version: '18.4',
          fsync: 'on',
          full_page_writes: 'on',
          synchronous_commit: 'on',
          checksums: 'on',
          timezone: 'UTC',
          jit: 'off',
          encoding: 'UTF8',
          provider: 'b',
          locale: 'C.UTF-8',
          collate: 'C',
          owner: 'umpire',
        },
      ]);
      const ordered = "SELECT string_agg(t, ' ' ORDER BY t) AS t FROM unnest(ARRAY['b', 'Ä', 'a', 'B', '-', 'é']) t";
      expect(await query(workspace.connection, ordered)).toEqual([{ t: '- B a b Ä é' }]);
      await workspace.release();
    });
  });

  it('has the extensions that scoring uses', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const extensions = ['pg_trgm', 'fuzzystrmatch', 'pgcrypto', 'citext'];
      await query(workspace.connection, extensions.map((name) => `CREATE EXTENSION ${name};`).join(' '));
      const names = extensions.map((name) => `'${name}'`).join();
      const available = `SELECT count(*)::int AS count FROM pg_extension WHERE extname IN (${names})`;
      expect(await query(workspace.connection, available)).toEqual([{ count: extensions.length }]);
      await workspace.release();
    });
  });

  it.skipIf(process.platform === 'win32')('keeps its password and files from other users', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      await workspace.release();
      const layout = layoutOf(home);
      expect(await mode(layout.password)).toBe('600');
      expect(await mode(layout.log)).toBe('600');
      expect(await mode(layout.gate)).toBe('600');
      expect(await mode(layout.cluster)).toBe('700');
      expect(await mode(layout.run)).toBe('700');
      // As root the account of the server has to cross these two, and only that.
      expect(await mode(layout.folder)).toBe(process.getuid?.() === 0 ? '711' : '700');
    });
  });

  it('lets a program end by itself, released or not', async () => {
    await withHome(async (home) => {
      const careful = startProgram(home);
      await careful.ask('open');
      await careful.ask('release');
      expect(await careful.end()).toBe(0);
      const careless = startProgram(home);
      await careless.ask('open');
      expect(await careless.end()).toBe(0);
    });
  });
});

describe('defaultHome', () => {
  it.each([
    ['what UMPIRE_HOME says', { UMPIRE_HOME: '/srv/umpire', HOME: '/home/ada' }, 'linux', 1000, '/srv/umpire'],
    ['the data folder', { HOME: '/home/ada' }, 'linux', 1000, '/home/ada/.local/share/umpire'],
    ['XDG', { HOME: '/home/ada', XDG_DATA_HOME: '/data/ada' }, 'linux', 1000, '/data/ada/umpire'],
    ['no relative XDG', { HOME: '/home/ada', XDG_DATA_HOME: 'data' }, 'linux', 1000, '/home/ada/.local/share/umpire'],
    ['a place that the server can enter for root', { HOME: '/root' }, 'linux', 0, '/var/lib/umpire'],
    ['macOS', { HOME: '/Users/ada' }, 'darwin', 501, '/Users/ada/Library/Application Support/Umpire'],
    ['Windows', { LOCALAPPDATA: 'C:\\Users\\ada\\Local' }, 'win32', undefined, 'C:\\Users\\ada\\Local\\Umpire'],
  ] as const)('is %s', (_, env, platform, uid, home) => {
    expect(defaultHome(env, platform, uid)).toBe(home);
  });
});
