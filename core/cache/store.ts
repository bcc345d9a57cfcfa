import type Database from 'better-sqlite3';
import { asCacheError } from './error.ts';

type Value = string | number | null | Uint8Array;

/** The open file, as the parts of the cache share it. Every failure of the disk is a CacheError, and has had no effect. */
export type Store = {
  /** One transaction, on disk when it returns; a call inside another one is part of that. */
  write<Result>(work: () => Result): Result;
  run(sql: string, ...values: readonly Value[]): number;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- said beside the statement; the tables are STRICT and only written here
  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- said beside the statement; the tables are STRICT and only written here
  all<Row>(sql: string, ...values: readonly Value[]): Row[];
  exec(sql: string): void;
  state(name: string): string | null;
  setState(name: string, value: string | null): void;
  /** Grows with every transaction: what was counted at another number may be another count now. */
  generation(): number;
  /** Says that items changed, or which of them are to be kept whole: what is wanted of them is asked again. */
  touchItems(): void;
  itemsTouched(): number;
};

export function storeOf(db: Database.Database, folder: string): Store {
  // Statements are few: their texts depend on which conditions a filter has and never on its values.
  const prepared = new Map<string, Database.Statement<Value[]>>();
  let generation = 0;
  let touched = 0;

  function told<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw asCacheError(error, folder);
    }
  }
  function statement(sql: string): Database.Statement<Value[]> {
    let found = prepared.get(sql);
    if (found === undefined) prepared.set(sql, (found = db.prepare<Value[]>(sql)));
    return found;
  }

  const store: Store = {
    write(work) {
      if (db.inTransaction) return work();
      generation += 1;
      return told(() => db.transaction(work).immediate());
    },
    run: (sql, ...values) => told(() => statement(sql).run(...values).changes),
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
    get: <Row>(sql: string, ...values: readonly Value[]) =>
      told(() => statement(sql).get(...values) as Row | undefined),
    all: <Row>(sql: string, ...values: readonly Value[]) => told(() => statement(sql).all(...values) as Row[]),
    exec: (sql) => told(() => void db.exec(sql)),
    state: (name) => store.get<{ value: string }>('SELECT value FROM state WHERE name = ?', name)?.value ?? null,
    setState(name, value) {
      if (value === null) store.run('DELETE FROM state WHERE name = ?', name);
      else store.run('INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)', name, value);
    },
    generation: () => generation,
    touchItems: () => void (touched += 1),
    itemsTouched: () => touched,
  };
  return store;
}
