import { z } from 'zod';
import type { Queryable } from '../postgres/rows.ts';

export const storedEvidence = z.object({ signal: z.string(), points: z.number().int(), evidence: z.json() });
export type StoredEvidence = z.infer<typeof storedEvidence>;

export async function describeSignals(
  _db: Queryable,
  _evidence: readonly StoredEvidence[],
): Promise<ReadonlyMap<string, string>> {
  return new Map();
}
