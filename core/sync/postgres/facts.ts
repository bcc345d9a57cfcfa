import { z } from 'zod';
import { userOfNode } from '../../graph/ego.ts';
import { dbInstant, type Queryable, row } from '../../postgres/rows.ts';
import type { CaseFacts } from '../../review/case-facts.ts';
import { maskedFacts } from '../../review/masked-facts.ts';
import { readCaseFacts } from '../../review/read-case-facts.ts';
import type { KeptFacts } from '../ports.ts';

/** The evidence of these items as it may be kept, in somebody's snapshot; of unknown items none. */
export async function readKeptFacts(
  db: Queryable,
  itemIds: readonly string[],
  now: Date | null = null,
): Promise<KeptFacts[]> {
  const read = await row(db, readAt, `SELECT date_trunc('milliseconds', transaction_timestamp()) AS at`);
  if (read === null) throw new Error('The server told no time.');
  return (await readCaseFacts(db, itemIds, now)).map((facts) => ({
    itemId: facts.head.item_id,
    stamp: facts.head.stamp,
    json: JSON.stringify(maskedFacts(facts)),
    at: read.at,
    people: peopleIn(facts),
  }));
}

const readAt = z.object({ at: dbInstant });

/** Another account whose address a signal quotes: it need be nobody of the graph. */
const quoting = z.object({ otherId: z.string() });

/** Of whom there is a name in it, or an address. */
function peopleIn({ head, graph, evidence }: CaseFacts): string[] {
  const drawn = graph.nodes.flatMap(({ id, kind }) => (kind === 'user' ? [userOfNode(id)] : []));
  const quoted = evidence.flatMap((one) => quoting.safeParse(one.evidence).data?.otherId ?? []);
  return [...new Set([head.referrer_id, head.referee_id, ...drawn, ...quoted])];
}
