import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { codeOf } from '../../core/postgres/embedded/error.ts';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { query, sleeper, withHome } from './embedded-support.ts';

/** Too long for a Unix socket's path, so that the server listens on the loopback address. */
const LONG = `umpire-embedded-test-${'x'.repeat(90)}-`;

async function refusalAt(host: string, port: number): Promise<string | undefined> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return codeOf(error);
  } finally {
    socket.destroy();
  }
}

describe('the embedded server', () => {
  it('keeps personal data out of its log: values, parameters, statements, and what a crash was doing', async () => {
    await withHome(async (home) => {
      const canary = 'canary@example.org';
      const workspace = await openWorkspace({ home });
      const { connection } = workspace;
      await query(connection, 'CREATE TABLE people (email text PRIMARY KEY)');
      await query(connection, 'INSERT INTO people VALUES ($1)', [canary]);
      await expect(query(connection, 'INSERT INTO people VALUES ($1)', [canary])).rejects.toThrow('duplicate key');
      await expect(query(connection, 'SELECT $1::text::int', [canary])).rejects.toThrow(canary);
      await expect(query(connection, `SELECT '${canary}' FROM nowhere`)).rejects.toThrow('nowhere');
      await query(connection, `DO $$ BEGIN RAISE WARNING '${canary}'; END $$`);
      await expect(query({ ...connection, user: 'umpire', password: canary }, 'SELECT 1')).rejects.toThrow('password');
      const crash = query(connection, `SELECT pg_sleep(600), '${canary}'`);
      crash.catch(() => undefined);
      process.kill(await sleeper(connection), 'SIGKILL');
      await expect(crash).rejects.toThrow('terminated');
      const log = await vi.waitFor(
        async () => {
          const text = await readFile(layoutOf(home).log, 'utf8');
          expect(text).toContain('was terminated by signal 9');
          return text;
        },
        { timeout: 10_000 },
      );
      expect(log).not.toContain('canary');
      await workspace.release();
      expect(await readFile(layoutOf(home).log, 'utf8')).not.toContain('canary');
    });
  });

  it.skipIf(process.platform === 'win32')('listens on a socket in its folder and on no address', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const { connection } = workspace;
      expect(connection.host).toBe(layoutOf(home).run);
      expect(await query(connection, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
      await workspace.release();
    });
  });

  it('listens on the loopback address only where the path of a socket would be too long', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const { connection } = workspace;
      expect(connection.host).toBe('127.0.0.1');
      expect(await query(connection, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
      expect(await query(connection, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
      const others = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ internal, family }) => !internal && family === 'IPv4');
      expect(await refusalAt('127.0.0.1', connection.port)).toBeUndefined();
      for (const { address } of others) expect(await refusalAt(address, connection.port)).toBe('ECONNREFUSED');

      const second = await openWorkspace({ home });
      expect(second.connection).toEqual(connection);
      await second.release();
      await workspace.release();
    }, LONG);
  });

  it('asks everybody for the password', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const { connection } = workspace;
      await expect(query({ ...connection, password: 'guess' }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      const rules = 'SELECT DISTINCT auth_method FROM pg_hba_file_rules';
      expect(await query(connection, rules)).toEqual([{ auth_method: 'scram-sha-256' }]);
      await workspace.release();
    });
  });
});
