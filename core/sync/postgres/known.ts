import { z } from 'zod';
import { type Queryable, rows } from '../../postgres/rows.ts';
import type { KnownOperation, Sent } from '../ports.ts';

const known = z.object({ id: z.string(), waits: z.boolean() });
const earlier = z.object({ id: z.string(), answer: z.unknown() });

/** Those of these operations that this database has, or whose item it has deleted. */
export function readKnown(db: Queryable, sent: readonly Sent[]): Promise<KnownOperation[]> {
  return rows(
    db,
    known,
    'SELECT k.operation_id AS id, k.waits FROM umpire.known_operations($1::uuid[], $2::uuid[]) AS k',
    columnsOf(sent),
  );
}

/** By key, what was answered to those of them that were sent under a name that nobody has any more: only who sent them has their random keys. */
export async function answeredEarlier(db: Queryable, sent: readonly Sent[]): Promise<ReadonlyMap<string, unknown>> {
  const found = await rows(
    db,
    earlier,
    'SELECT k.operation_id AS id, k.answer FROM umpire.known_operations($1::uuid[], $2::uuid[]) AS k WHERE k.answer IS NOT NULL',
    columnsOf(sent),
  );
  return new Map(found.map(({ id, answer }) => [id, answer]));
}

const columnsOf = (sent: readonly Sent[]): [string[], string[]] => [
  sent.map(({ id }) => id),
  sent.map(({ itemId }) => itemId),
];
