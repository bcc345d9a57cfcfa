import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { until } from '../support/until.ts';
import { isRunning, query, recordedPid, sleeper, startProgram, withHome } from './embedded-support.ts';

/** Kills the server itself, as a shortage of memory does, and waits until it is gone. */
async function killServer(home: string): Promise<void> {
  process.kill(recordedPid(home) ?? 0, 'SIGKILL');
  await vi.waitFor(async () => expect(await isRunning(home)).toBe(false), { timeout: 10_000, interval: 5 });
}

/** Kills a program that makes a workspace, half-way; tells what came of its opening. Null where it was made by then. */
async function killedInTheMaking(home: string): Promise<unknown> {
  const { cluster, unfinished } = layoutOf(home);
  const contents = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
  const killed = startProgram(home);
  const opening = killed.ask('open').catch(() => 'killed');
  const halfMade = await until(
    async () => {
      const name = (await contents(cluster)).find(
        (entry) => entry.startsWith(unfinished) && !entry.endsWith('.secret'),
      );
      return name !== undefined && (await contents(join(cluster, name))).includes('PG_VERSION') ? name : null;
    },
    { everyMs: 2, unless: opening },
  );
  await killed.kill('SIGKILL');
  const isLeft = halfMade !== null && (await contents(cluster)).includes(halfMade);
  return isLeft ? opening : null;
}

describe('several programs on one workspace', () => {
  it('can be started at once on a fresh one: one makes it, all use it, the last one stops it', async () => {
    await withHome(async (home) => {
      const [a, b, c] = [startProgram(home), startProgram(home), startProgram(home)];
      const programs = [a, b, c];
      const opened = (await Promise.all(programs.map((program) => program.ask('open')))) as { wasCreated: boolean }[];
      expect(opened.filter(({ wasCreated }) => wasCreated)).toHaveLength(1);
      await a.ask('sql CREATE TABLE said (word text)');
      await b.ask("sql INSERT INTO said VALUES ('hello')");
      expect(await c.ask('sql SELECT word FROM said')).toEqual([{ word: 'hello' }]);

      const server = recordedPid(home);
      await a.ask('release');
      await c.ask('release');
      expect(await b.ask('sql SELECT word FROM said')).toEqual([{ word: 'hello' }]);
      expect(recordedPid(home)).toBe(server);
      await b.ask('release');
      expect(await isRunning(home)).toBe(false);
      expect(recordedPid(home)).toBeNull();
      await Promise.all(programs.map((program) => program.end()));
    });
  });

  it('come and go at the same time without taking the server from each other', async () => {
    await withHome(async (home) => {
      const programs = [startProgram(home), startProgram(home)];
      const rounds = programs.map(async (program) => {
        for (let round = 0; round < 8; round += 1) {
          await program.ask('open');
          expect(await program.ask('sql SELECT 1 AS one')).toEqual([{ one: 1 }]);
          await program.ask('release');
        }
      });
      await Promise.all(rounds);
      expect(await isRunning(home)).toBe(false);
      await Promise.all(programs.map((program) => program.end()));
    });
  });

  it('may be one program that opens it twice', async () => {
    await withHome(async (home) => {
      const [one, two] = await Promise.all([openWorkspace({ home }), openWorkspace({ home })]);
      await one.release();
      await one.release();
      expect(await query(two.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await two.release();
      expect(await isRunning(home)).toBe(false);
    });
  });

  it('keep the server when Ctrl-C ends the one that started it', async () => {
    await withHome(async (home) => {
      const first = startProgram(home);
      await first.ask('open');
      const second = await openWorkspace({ home });
      await first.kill('SIGINT');
      expect(await query(second.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await second.release();
      expect(await isRunning(home)).toBe(false);
    });
  });
});

describe('after a kill', () => {
  it('of the program: the next one joins the server, finds what was committed, and stops it', async () => {
    await withHome(async (home) => {
      const killed = startProgram(home);
      await killed.ask('open');
      await killed.ask('sql CREATE TABLE kept AS SELECT 42 AS answer');
      const server = recordedPid(home);
      await killed.kill('SIGKILL');

      const next = await openWorkspace({ home });
      expect(recordedPid(home)).toBe(server);
      expect(await query(next.connection, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await next.release();
      expect(await isRunning(home)).toBe(false);
    });
  });

  it('of program and server: the next one starts and finds what was committed', async () => {
    await withHome(async (home) => {
      const killed = startProgram(home);
      await killed.ask('open');
      await killed.ask('sql CREATE TABLE kept AS SELECT 42 AS answer');
      await Promise.all([killed.kill('SIGKILL'), killServer(home)]);

      const next = await openWorkspace({ home });
      expect(await query(next.connection, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await next.release();
    });
  });

  it('of the server alone: the next program starts it for both, at the same address', async () => {
    await withHome(async (home) => {
      const first = startProgram(home);
      await first.ask('open');
      await first.ask('sql CREATE TABLE kept AS SELECT 42 AS answer');
      await killServer(home);

      const second = await openWorkspace({ home });
      expect(await first.ask('sql SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await second.release();
      expect(await first.ask('sql SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await first.ask('release');
      expect(await isRunning(home)).toBe(false);
      await first.end();
    });
  });

  it('of the server alone: the program that is left can still release', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      await killServer(home);
      await workspace.release();
      expect(await isRunning(home)).toBe(false);
    });
  });

  it('of one session: the others come back, and the last one still stops the server', async () => {
    await withHome(async (home) => {
      const first = startProgram(home);
      await first.ask('open');
      const second = await openWorkspace({ home });
      const crash = query(second.connection, 'SELECT pg_sleep(600)');
      crash.catch(() => undefined);
      const pid = await sleeper(second.connection);
      process.kill(pid, 'SIGKILL');
      await expect(crash).rejects.toThrow('terminated');
      await vi.waitFor(() => query(second.connection, 'SELECT 1'), { timeout: 20_000 });
      await second.release();
      expect(await first.ask('sql SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await first.ask('release');
      expect(await isRunning(home)).toBe(false);
      await first.end();
    });
  });

  it('of one session just before the last program leaves: the server stops without hanging', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const crash = query(workspace.connection, 'SELECT pg_sleep(600)');
      crash.catch(() => undefined);
      const pid = await sleeper(workspace.connection);
      process.kill(pid, 'SIGKILL');
      await expect(crash).rejects.toThrow('terminated');
      const start = performance.now();
      await workspace.release();
      expect(await isRunning(home)).toBe(false);
      expect(performance.now() - start).toBeLessThan(20_000);
    });
  });

  it('while the workspace is being made: the next start makes it anew and clears up', async () => {
    const isCleared = (): Promise<boolean> =>
      withHome(async (home) => {
        const { cluster, data } = layoutOf(home);
        const opening = await killedInTheMaking(home);
        if (opening === null) return false;
        expect(opening).toBe('killed');
        await expect(readdir(data)).rejects.toMatchObject({ code: 'ENOENT' });

        const next = await openWorkspace({ home });
        expect(next.wasCreated).toBe(true);
        expect(await query(next.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
        expect(await readdir(cluster)).toEqual(['data']);
        await next.release();
        return true;
      });
    // Where it was made before the blow fell, another one is begun.
    while (!(await isCleared()));
  });

  it('a number of a process that is another program by now does not stop the next start', async () => {
    await withHome(async (home) => {
      const workspace = await openWorkspace({ home });
      const file = join(layoutOf(home).data, 'postmaster.pid');
      const left = await readFile(file, 'utf8');
      await killServer(home);
      await workspace.release();
      const reused = left.replace(/^\d+/, String(process.pid));
      await writeFile(file, reused);
      await writeFile(join(layoutOf(home).run, '.s.PGSQL.5432.lock'), reused);

      const next = await openWorkspace({ home });
      expect(await query(next.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await next.release();
    });
  });
});
