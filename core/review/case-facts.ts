import { z } from 'zod';
import { likeness } from '../contract/case.ts';
import { packedGraph } from '../graph/packed.ts';
import { storedBonus } from './case-bonuses.ts';
import { caseHead } from './case-head.ts';
import { decisionFacts, SECOND_REVIEW } from './decisions-on-case.ts';
import { partyFacts } from './party-facts.ts';
import { storedEvidence } from './sentences.ts';
import { movement } from './timeline.ts';

/** Raised by whoever changes what facts mean or hold: those of another version are fetched anew and not read. */
export const FACTS_VERSION = 2;

/**
 * All that a case shows, as it is in the database and as this login may see it: a JSON value that the cache keeps. What depends on the
 * reader, their clock and their zone is made of it by `caseFileOf`; whose claim it is changes too often to be here.
 */
export const caseFacts = z.object({
  facts: z.literal(FACTS_VERSION),
  head: caseHead,
  referrer: partyFacts,
  referee: partyFacts,
  likenesses: z.array(likeness),
  /** Accounts at each address that both used, at most `CROWD_LIMIT`. */
  crowds: z.array(z.int()),
  evidence: z.array(storedEvidence),
  bonuses: z.array(storedBonus),
  movements: z.array(movement),
  decisions: z.array(decisionFacts),
  graph: packedGraph,
  secondReview: z.enum(SECOND_REVIEW),
});
export type CaseFacts = z.infer<typeof caseFacts>;
