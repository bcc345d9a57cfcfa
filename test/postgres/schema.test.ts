import { is } from 'drizzle-orm';
import { type PgEnum, isPgEnum, PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as audit from '../../core/postgres/schema/audit.ts';
import * as auth from '../../core/postgres/schema/auth.ts';
import * as decisions from '../../core/postgres/schema/decisions.ts';
import * as credits from '../../core/postgres/schema/credits.ts';
import * as limits from '../../core/postgres/schema/limits.ts';
import * as referrals from '../../core/postgres/schema/referrals.ts';
import * as observe from '../../core/postgres/schema/observe.ts';
import * as bulk from '../../core/postgres/schema/bulk.ts';
import * as jobs from '../../core/postgres/schema/jobs.ts';
import * as sync from '../../core/postgres/schema/sync.ts';
import * as umpire from '../../core/postgres/schema/umpire.ts';
import { SCHEDULER_TABLES } from '../../core/postgres/scheduler.ts';
import { declared, existing, nameOf, type TableShape } from '../support/catalog.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';

const tablesOf = (schema: object): PgTable[] => Object.values(schema).filter((value) => is(value, PgTable));

/** Umpire's own, whichever file they stand in. */
const own: readonly PgTable[] = [umpire, limits, jobs, observe, audit, decisions, bulk, sync].flatMap(tablesOf);

const named = (table: PgTable): { name: string; table: PgTable } => ({ name: nameOf(table), table });

let db: MigratedDatabase;
let found: { [table: string]: TableShape };

beforeAll(async () => {
  db = await migratedDatabase();
  found = await existing(db.pool, ['auth', 'credits', 'referrals', 'umpire']);
});
afterAll(() => db.end());

/** The database's table without what Umpire adds, which the seed's schema does not have (SPEC 1). */
function withoutOwn(shape: TableShape | undefined): TableShape | undefined {
  if (shape === undefined) return undefined;
  const theirs = Object.entries(shape.indexes).filter(([name]) => !name.startsWith('umpire_'));
  return { ...shape, indexes: Object.fromEntries(theirs) };
}

/** Names, types and nullability: what typed reads rest on. */
function columnTypes(shape: TableShape | undefined): object {
  return Object.fromEntries(
    Object.entries(shape?.columns ?? {}).map(([column, { type, notNull }]) => [column, { type, notNull }]),
  );
}

describe('the database that the migrations make is the Drizzle schema', () => {
  test('the eleven tables of referrals are all there, and no other', () => {
    const names = tablesOf(referrals).map(nameOf).sort();
    expect(names).toHaveLength(11);
    expect(
      Object.keys(found)
        .filter((name) => name.startsWith('referrals.'))
        .sort(),
    ).toEqual(names);
  });

  test.each([...tablesOf(auth), ...tablesOf(credits), ...tablesOf(referrals)].map(named))(
    '$name: columns, types, defaults, indexes, unique keys and foreign keys',
    ({ name, table }) => {
      expect(withoutOwn(found[name])).toEqual(declared(table));
    },
  );

  test.each(own.map(named))('$name: columns and types', ({ name, table }) => {
    expect(columnTypes(found[name])).toEqual(columnTypes(declared(table)));
  });

  test('umpire has no table that the Drizzle schema does not know', () => {
    // Drizzle's migrator and the scheduler keep their own tables there.
    const journals = ['umpire.migrations', 'umpire.key_migrations', 'umpire.programme_migrations'];
    const libraries = [...journals, ...SCHEDULER_TABLES.map((name) => `umpire.${name}`)];
    const names = Object.keys(found).filter(
      (name) => name.startsWith('umpire.') && !libraries.includes(name) && !name.startsWith('umpire.queue_stats_'),
    );
    expect(names.sort()).toEqual(own.map(nameOf).sort());
  });

  test('the enums are in public, with the labels of the seed in its order', async () => {
    const enums: PgEnum<[string, ...string[]]>[] = [auth, credits, referrals].flatMap((schema) =>
      Object.values(schema).filter(isPgEnum),
    );
    const { rows } = await db.pool.query<{ name: string; labels: string[] }>(
      `SELECT t.typname AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
       FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'public'::regnamespace GROUP BY 1`,
    );
    expect(Object.fromEntries(rows.map(({ name, labels }) => [name, labels]))).toEqual(
      Object.fromEntries(enums.map(({ enumName, enumValues }) => [enumName, enumValues])),
    );
  });
});
