import type { Queryable } from '../../postgres/rows.ts';
import { maskedFacts } from '../../review/masked-facts.ts';
import { readCaseFacts } from '../../review/read-case-facts.ts';
import type { KeptFacts } from '../ports.ts';

/** The evidence of these items as it may be kept, in somebody's snapshot; of unknown items none. */
export async function readKeptFacts(
  db: Queryable,
  itemIds: readonly string[],
  now: Date | null = null,
): Promise<KeptFacts[]> {
  return (await readCaseFacts(db, itemIds, now)).map((facts) => ({
    itemId: facts.head.item_id,
    stamp: facts.head.stamp,
    json: JSON.stringify(maskedFacts(facts)),
  }));
}
