import type { Pool } from '../../postgres/connection.ts';
import { inSnapshot } from '../../postgres/snapshot.ts';
import { maskedFacts } from '../../review/masked-facts.ts';
import { readCaseFacts } from '../../review/read-case-facts.ts';
import type { KeptFacts } from '../ports.ts';

/** The evidence of these items as it may be kept, of one state of the database; of unknown items none. */
export async function readKeptFacts(pool: Pool, itemIds: readonly string[]): Promise<KeptFacts[]> {
  const found = await inSnapshot(pool, (db) => readCaseFacts(db, itemIds));
  return found.map((facts) => ({
    itemId: facts.head.item_id,
    stamp: facts.head.stamp,
    json: JSON.stringify(maskedFacts(facts)),
  }));
}
