import { z } from 'zod';

/** A pool or a client of `pg`: all that a read needs. */
export type Queryable = {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
};

/** Runs SQL and parses every row: the one place where what the database says becomes a type. */
export async function rows<Row>(
  db: Queryable,
  shape: z.ZodType<Row>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await db.query(text, [...values]);
  return z.array(shape).parse(result.rows);
}

/** The first row, or null. */
export async function row<Row>(
  db: Queryable,
  shape: z.ZodType<Row>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row | null> {
  return (await rows(db, shape, text, values))[0] ?? null;
}

/** A timestamptz column, as ISO 8601 in UTC. */
export const dbInstant = z
  .union([z.date(), z.iso.datetime({ offset: true })])
  .transform((at) => new Date(at).toISOString());

/** A count or a sum; `pg` hands bigint over as text. */
export const dbCount = z
  .union([z.number(), z.string().regex(/^-?\d+$/)])
  .transform(Number)
  .pipe(z.number().int());
