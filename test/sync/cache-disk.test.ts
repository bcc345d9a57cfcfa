import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Cache, cacheOn, openCache } from '../../core/cache/cache.ts';
import { layoutOf, takeFolder } from '../../core/cache/folder.ts';
import { openFile } from '../../core/cache/open-file.ts';
import { CACHE_KEY, decisionOn, headOf, idOf, pull, shown, withCacheFolder } from '../support/cache.ts';

const PROGRAM = fileURLToPath(new URL('../support/cache-program.ts', import.meta.url));

type Ended = { readonly taken: readonly number[]; readonly errors: string };

/** Runs the program that decides, until it ends by itself or `end` is told what it has taken; what it said is whole lines. */
function decides(
  folder: string,
  { limit, end }: { limit?: number; end?: (taken: number, kill: () => void) => void },
): Promise<Ended> {
  const command = [process.execPath, PROGRAM, folder, CACHE_KEY];
  const child =
    limit === undefined
      ? spawn(process.execPath, command.slice(1))
      : spawn('sh', ['-c', `ulimit -f ${limit}; exec "$@"`, 'sh', ...command]);
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    end?.(output.split('\n').length - 1, () => child.kill('SIGKILL'));
  });
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve) => {
    child.on('close', () => resolve({ taken: output.split('\n').slice(0, -1).map(Number), errors }));
  });
}

/** Every decision that was said to be taken is in the outbox, once; of the others at most the one that was being made. */
function expectKept(cache: Cache, taken: readonly number[]): void {
  for (const number of taken) expect(cache.outgoing(decisionOn(number).id)).toMatchObject({ state: 'queued' });
  const { total } = cache.outbox({ states: [], offset: 0, limit: 1 });
  expect([taken.length, taken.length + 1]).toContain(total);
  expect(shown(cache, { statuses: ['rejected'] }).total).toBe(total);
}

describe('a cache whose disk fails', () => {
  it('says that the disk is full, and no decision is made that is not kept', () =>
    withCacheFolder((folder) => {
      const layout = layoutOf(folder);
      const lock = takeFolder(layout);
      const db = openFile(layout, CACHE_KEY);
      const cache = cacheOn(db, layout, lock);
      const numbers = Array.from({ length: 400 }, (_, number) => number);
      pull(
        cache,
        numbers.map((number) => headOf(number)),
      );
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 3}`);
      const note = 'x'.repeat(500);
      const taken: number[] = [];
      const deciding = (): void => {
        for (const number of numbers) {
          cache.decide(decisionOn(number, { note }));
          taken.push(number);
        }
      };
      expect(deciding).toThrow(
        expect.objectContaining({
          code: 'full',
          message: expect.stringMatching(/full\. Nothing of this was saved.*Free some space/),
        }),
      );
      expect(taken.length).toBeLessThan(numbers.length);
      const next = taken.length;
      expect(cache.outgoing(decisionOn(next).id)).toBeNull();
      expect(shown(cache).total).toBe(numbers.length - next);
      expectKept(cache, taken);
      db.pragma('max_page_count = 100000');
      expect(cache.decide(decisionOn(next, { note }))).toMatchObject({ state: 'queued' });
      cache.close();
    }));

  it('says that it cannot be written', () =>
    withCacheFolder((folder) => {
      const layout = layoutOf(folder);
      const lock = takeFolder(layout);
      const db = openFile(layout, CACHE_KEY);
      const cache = cacheOn(db, layout, lock);
      pull(cache, [headOf(1)]);
      db.pragma('query_only = on');
      expect(() => cache.decide(decisionOn(1))).toThrow(
        expect.objectContaining({
          code: 'readonly',
          message: expect.stringMatching(/cannot be written.*Give this user/),
        }),
      );
      expect(cache.outgoing(decisionOn(1).id)).toBeNull();
      expect(shown(cache).ids).toEqual([idOf(1)]);
      cache.close();
    }));

  it('cannot be opened where there is no folder to be made, or something else lies there', () =>
    withCacheFolder((folder) => {
      mkdirSync(dirname(folder), { recursive: true });
      writeFileSync(folder, 'a file');
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(expect.objectContaining({ code: 'readonly' }));
      rmSync(folder);
      mkdirSync(join(folder, 'cache.db'), { recursive: true });
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(expect.objectContaining({ code: 'readonly' }));
      rmSync(join(folder, 'cache.db'), { recursive: true });
      expect(() => openCache({ folder, key: 'short' })).toThrow(TypeError);
    }));

  it('that takes no more bytes while a decision is written keeps those before it, and that one not', () =>
    withCacheFolder(async (folder) => {
      // Blocks of 512 or 1,024 bytes: the log of the cache grows past either.
      const { taken, errors } = await decides(folder, { limit: 2000 });
      expect(errors).toMatch(/^(io|full)\n$/);
      expect(taken.length).toBeGreaterThan(0);
      const cache = openCache({ folder, key: CACHE_KEY });
      expectKept(cache, taken);
      cache.close();
    }));

  it('whose program is killed in the middle has all that was said to be taken, and lets the next program in', () =>
    withCacheFolder(async (folder) => {
      let isKilled = false;
      const { taken } = await decides(folder, {
        end: (count, kill) => {
          // What it had printed before comes after it, too.
          if (count < 40 || isKilled) return;
          isKilled = true;
          expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(expect.objectContaining({ code: 'in_use' }));
          kill();
        },
      });
      expect(taken.length).toBeGreaterThanOrEqual(40);
      const cache = openCache({ folder, key: CACHE_KEY });
      cache.recover();
      for (const number of taken) expect(cache.outgoing(decisionOn(number).id)).toMatchObject({ state: 'queued' });
      expect(shown(cache, { statuses: ['rejected'] }).total).toBeGreaterThanOrEqual(taken.length);
      cache.close();
    }));
});
