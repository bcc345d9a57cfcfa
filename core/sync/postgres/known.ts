import { z } from 'zod';
import { type Queryable, rows } from '../../postgres/rows.ts';
import type { KnownOperation } from '../ports.ts';

const known = z.object({ id: z.string(), waits: z.boolean() });

/** Those of the caller's own operations that this database has. */
export function readKnown(db: Queryable, ids: readonly string[]): Promise<KnownOperation[]> {
  return rows(db, known, 'SELECT k.operation_id AS id, k.waits FROM umpire.known_operations($1::uuid[]) AS k', [ids]);
}
