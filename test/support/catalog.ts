import { is, SQL } from 'drizzle-orm';
import { getTableConfig, PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { type Queryable, rows } from '../../core/postgres/rows.ts';

/** One table, in the same words for a Drizzle schema and for a database. */
export type TableShape = {
  readonly columns: { readonly [name: string]: { type: string; notNull: boolean; default: string | null } };
  /** Name to definition; what a primary key is called is not part of the seed. */
  readonly indexes: { readonly [name: string]: string };
  readonly uniques: { readonly [name: string]: string };
  readonly primaryKey: readonly string[];
  readonly foreignKeys: { readonly [name: string]: string };
};

const dialect = new PgDialect();

/** What the Drizzle schema says of a table. */
export function declared(table: PgTable): TableShape {
  const config = getTableConfig(table);
  const single = config.columns.filter((column) => column.primary).map((column) => column.name);
  const composite = config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
  const ownUniques = config.columns.flatMap((column) =>
    column.isUnique ? [[column.uniqueName ?? '', `(${column.name})`] as const] : [],
  );
  return {
    columns: Object.fromEntries(
      config.columns.map((column) => [
        column.name,
        {
          type: column.getSQLType(),
          notNull: column.notNull,
          default: column.hasDefault ? defaultText(column.default) : null,
        },
      ]),
    ),
    indexes: Object.fromEntries(
      config.indexes.map(({ config: index }) => [
        index.name ?? '',
        `${index.unique ? 'unique ' : ''}(${index.columns.map((column) => ('name' in column ? column.name : '?')).join(',')})` +
          (index.where === undefined ? '' : ` where ${dialect.sqlToQuery(index.where).sql}`),
      ]),
    ),
    uniques: Object.fromEntries([
      ...ownUniques,
      ...config.uniqueConstraints.map(
        (unique) => [unique.name ?? '', `(${unique.columns.map((column) => column.name).join(',')})`] as const,
      ),
    ]),
    primaryKey: [...single, ...composite],
    foreignKeys: Object.fromEntries(
      config.foreignKeys.map((key) => {
        const { columns, foreignColumns, foreignTable } = key.reference();
        const target = getTableConfig(foreignTable);
        return [
          key.getName(),
          `(${columns.map((column) => column.name).join(',')}) to ${target.schema}.${target.name} ` +
            `(${foreignColumns.map((column) => column.name).join(',')}) on delete ${key.onDelete ?? 'no action'}`,
        ];
      }),
    ),
  };
}

function defaultText(value: unknown): string {
  if (is(value, SQL)) return dialect.sqlToQuery(value).sql;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function nameOf(table: PgTable): string {
  const { schema, name } = getTableConfig(table);
  return `${schema}.${name}`;
}

const texts = z.record(z.string(), z.string());
const found = z.object({
  name: z.string(),
  columns: z.record(z.string(), z.object({ type: z.string(), notNull: z.boolean(), default: z.string().nullable() })),
  indexes: texts,
  uniques: texts,
  primary_key: z.array(z.string()),
  foreign_keys: texts,
});

/** What the database has in these schemas, by `schema.table`. */
export async function existing(db: Queryable, schemas: readonly string[]): Promise<{ [table: string]: TableShape }> {
  const tables = await rows(db, found, CATALOG, [schemas]);
  return Object.fromEntries(
    tables.map(({ name, primary_key: primaryKey, foreign_keys: foreignKeys, columns, indexes, uniques }) => [
      name,
      { columns, indexes, uniques, primaryKey, foreignKeys },
    ]),
  );
}

// Types as Drizzle writes them; defaults without the casts that the catalog adds.
const CATALOG = `
  SELECT n.nspname || '.' || c.relname AS name,
    (SELECT jsonb_object_agg(a.attname, jsonb_build_object(
       'type', replace(format_type(a.atttypid, a.atttypmod), 'public.', ''),
       'notNull', a.attnotnull,
       'default', regexp_replace(pg_get_expr(d.adbin, d.adrelid), '^''(.*)''::[a-z_. ]+$', '\\1')))
     FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    coalesce((SELECT jsonb_object_agg(x.relname, CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || '(' ||
       -- One of an expression alone has no column.
       coalesce((SELECT string_agg(a.attname, ',' ORDER BY k.position) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number), '') || ')' ||
       coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), ''))
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
     WHERE i.indrelid = c.oid AND NOT EXISTS (SELECT 1 FROM pg_constraint p WHERE p.conindid = i.indexrelid AND p.contype IN ('p', 'u'))), '{}') AS indexes,
    coalesce((SELECT jsonb_object_agg(p.conname, '(' || of_key.columns || ')') FROM pg_constraint p CROSS JOIN LATERAL (${columnsOf('p.conrelid', 'p.conkey')}) AS of_key
     WHERE p.conrelid = c.oid AND p.contype = 'u'), '{}') AS uniques,
    coalesce((SELECT string_to_array(of_key.columns, ',') FROM pg_constraint p CROSS JOIN LATERAL (${columnsOf('p.conrelid', 'p.conkey')}) AS of_key
     WHERE p.conrelid = c.oid AND p.contype = 'p'), '{}') AS primary_key,
    coalesce((SELECT jsonb_object_agg(p.conname, '(' || of_key.columns || ') to ' || tn.nspname || '.' || t.relname || ' (' || target.columns || ') on delete ' ||
       CASE p.confdeltype WHEN 'c' THEN 'cascade' WHEN 'r' THEN 'restrict' WHEN 'n' THEN 'set null' ELSE 'no action' END)
     FROM pg_constraint p JOIN pg_class t ON t.oid = p.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
     CROSS JOIN LATERAL (${columnsOf('p.conrelid', 'p.conkey')}) AS of_key
     CROSS JOIN LATERAL (${columnsOf('p.confrelid', 'p.confkey')}) AS target
     WHERE p.conrelid = c.oid AND p.contype = 'f'), '{}') AS foreign_keys
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND c.relkind = 'r'`;

function columnsOf(relation: string, keys: string): string {
  return `SELECT string_agg(a.attname, ',' ORDER BY k.position) AS columns FROM unnest(${keys}) WITH ORDINALITY AS k (number, position)
    JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.number`;
}
