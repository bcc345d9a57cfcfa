import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openCache } from '../../core/cache/cache.ts';
import { wipeCache } from '../../core/cache/folder.ts';
import { MIGRATIONS } from '../../core/cache/migrations.ts';
import { CACHE_KEY, decisionOn, headOf, idOf, keptFacts, pull, withCacheFolder } from '../support/cache.ts';

const EVIDENCE = JSON.stringify({ of: 'the case' });

function fill(folder: string): void {
  const cache = openCache({ folder, key: CACHE_KEY });
  pull(cache, [headOf(1, { referrerName: 'Readable Name' })]);
  cache.putFacts([keptFacts(idOf(1), 's1', EVIDENCE)]);
  cache.decide(decisionOn(1));
  cache.close();
}

/** The file as SQLite has it, behind its key. */
function raw<Result>(file: string, work: (db: Database.Database) => Result): Result {
  const db = new Database(file);
  try {
    db.pragma(`cipher = 'sqlcipher'`);
    db.pragma(`key = "x'${CACHE_KEY}'"`);
    return work(db);
  } finally {
    db.close();
  }
}

function bytesIn(folder: string): { [name: string]: string } {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'hex')]),
  );
}

describe('the file of a cache', () => {
  it('is for its user alone, and says nothing without its key', () =>
    withCacheFolder((folder) => {
      const cache = openCache({ folder, key: CACHE_KEY });
      pull(cache, [headOf(1, { referrerName: 'Readable Name' })]);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      const names = readdirSync(folder).sort();
      expect(names).toEqual(['cache.db', 'cache.db-shm', 'cache.db-wal', 'lock']);
      for (const name of names) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
      for (const text of Object.values(bytesIn(folder))) {
        expect(Buffer.from(text, 'hex').includes('Readable')).toBe(false);
        expect(Buffer.from(text, 'hex').includes('SQLite format')).toBe(false);
      }
      cache.close();
    }));

  it('is refused with another key, or when it is damaged, and is left as it is', () =>
    withCacheFolder((folder) => {
      fill(folder);
      const before = bytesIn(folder);
      const refusal = expect.objectContaining({
        code: 'unreadable',
        message: expect.stringMatching(/Nothing was changed.*remove the cache/),
      });
      expect(() => openCache({ folder, key: '00'.repeat(32) })).toThrow(refusal);
      expect(bytesIn(folder)).toEqual(before);
      const file = join(folder, 'cache.db');
      const bytes = readFileSync(file);
      writeFileSync(file, Buffer.concat([bytes.subarray(0, 200), Buffer.alloc(200, 7), bytes.subarray(400)]));
      const damaged = bytesIn(folder);
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(refusal);
      expect(bytesIn(folder)).toEqual(damaged);
      writeFileSync(file, bytes);
      const cache = openCache({ folder, key: CACHE_KEY });
      expect(cache.counts().waiting).toBe(1);
      cache.close();
    }));

  it('of a later version is refused and not touched, with the log of a crash beside it or without', () =>
    withCacheFolder((folder) => {
      fill(folder);
      const file = join(folder, 'cache.db');
      raw(file, (db) => db.pragma('user_version = 99'));
      const refusal = expect.objectContaining({
        code: 'newer',
        message: expect.stringMatching(/later version.*not touched/),
      });
      const before = bytesIn(folder);
      expect(Object.keys(before)).toEqual(['cache.db', 'lock']);
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(refusal);
      expect(bytesIn(folder)).toEqual(before);

      raw(file, (db) => {
        db.exec(`INSERT INTO state (name, value) VALUES ('left', 'by a crash')`);
        for (const name of ['cache.db', 'cache.db-wal']) copyFileSync(join(folder, name), join(folder, `${name}.copy`));
      });
      for (const name of ['cache.db', 'cache.db-wal']) copyFileSync(join(folder, `${name}.copy`), join(folder, name));
      const crashed = bytesIn(folder);
      expect(crashed['cache.db-wal']?.length).toBeGreaterThan(0);
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(refusal);
      expect(bytesIn(folder)).toEqual(crashed);
    }));

  it('has one program at a time', () =>
    withCacheFolder((folder) => {
      const cache = openCache({ folder, key: CACHE_KEY });
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(
        expect.objectContaining({ code: 'in_use', message: expect.stringMatching(/Another Umpire.*end it/) }),
      );
      expect(() => wipeCache(folder)).toThrow(expect.objectContaining({ code: 'in_use' }));
      pull(cache, [headOf(1)]);
      cache.close();
      cache.close();
      const next = openCache({ folder, key: CACHE_KEY });
      expect(next.caseOf(idOf(1))).not.toBeNull();
      next.close();
    }));

  it('is never behind a link, and what the link is to stays as it is', () =>
    withCacheFolder((folder) => {
      fill(folder);
      const target = `${folder}.db`;
      renameSync(join(folder, 'cache.db'), target);
      symlinkSync(target, join(folder, 'cache.db'));
      const before = readFileSync(target);
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(/no plain file.*Move it away/);
      expect(() => wipeCache(folder)).toThrow(/no plain file/);
      expect(readFileSync(target)).toEqual(before);
    }));

  it('takes the journal of an interrupted beginning with it when it is wiped', () =>
    withCacheFolder((folder) => {
      fill(folder);
      writeFileSync(join(folder, 'cache.db-journal'), 'what a kill left');
      wipeCache(folder);
      expect(readdirSync(folder)).toEqual(['lock']);
    }));

  it('is gone when it is wiped, but for the empty lock', () =>
    withCacheFolder((folder) => {
      wipeCache(folder);
      fill(folder);
      wipeCache(folder);
      expect(readdirSync(folder)).toEqual(['lock']);
      const cache = openCache({ folder, key: 'ff'.repeat(32) });
      expect(cache.counts().waiting).toBe(0);
      cache.close();
    }));
});

/** Tables that hold what a person would miss, those first that others refer to. */
const HELD = ['state', 'remembered', 'items', 'claims', 'facts', 'evidence', 'outbox'];

type Stored = { readonly [column: string]: string | number | null | Uint8Array };

describe('a cache of an earlier version', () => {
  it.each(MIGRATIONS.map(({ version }) => version))('%i is brought to this one with its outbox', (version) =>
    withCacheFolder((folder) => {
      fill(folder);
      const file = join(folder, 'cache.db');
      const held = raw(file, (db) => HELD.map((table) => db.prepare<[], Stored>(`SELECT * FROM ${table}`).all()));
      wipeCache(folder);
      raw(file, (db) => {
        db.pragma('journal_mode = WAL');
        for (const migration of MIGRATIONS) if (migration.version <= version) db.exec(migration.sql);
        db.pragma(`user_version = ${version}`);
        for (const [nth, table] of HELD.entries()) {
          const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
          const put = db.prepare(
            `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
          );
          for (const row of held[nth] ?? []) put.run(...columns.map((column) => row[column] ?? null));
        }
      });
      const cache = openCache({ folder, key: CACHE_KEY });
      expect(cache.position()).toEqual({ epoch: 'epoch 1', cursor: 'cursor 1' });
      expect(cache.caseOf(idOf(1))).toMatchObject({
        head: { referrerName: 'Readable Name' },
        facts: EVIDENCE,
        // What a later version reads evidence for is not in what was fetched before it: it is fetched again.
        isStale: version < 2,
        outgoing: { id: decisionOn(1).id, state: 'queued' },
      });
      expect(cache.takeToSend(5)).toMatchObject([{ id: decisionOn(1).id, itemId: idOf(1), decision: 'reject' }]);
      cache.close();
      raw(file, (db) => expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.at(-1)?.version));
    }),
  );

  it('stays what it was when it cannot be brought to this one', () =>
    withCacheFolder((folder) => {
      mkdirSync(folder);
      const file = join(folder, 'cache.db');
      raw(file, (db) => {
        for (const migration of MIGRATIONS.slice(0, 1)) db.exec(migration.sql);
        // In the way of what version 2 makes.
        db.exec('CREATE TABLE named_decisions (x TEXT)');
        db.pragma('user_version = 1');
      });
      expect(() => openCache({ folder, key: CACHE_KEY })).toThrow(/named_decisions/);
      raw(file, (db) => expect(db.pragma('user_version', { simple: true })).toBe(1));
    }));
});
