import { readEgoGraphs } from '../graph/ego.ts';
import { packGraph } from '../graph/packed.ts';
import type { Queryable } from '../postgres/rows.ts';
import { readBonuses } from './case-bonuses.ts';
import { type CaseFacts, FACTS_VERSION } from './case-facts.ts';
import { readCaseHeads } from './case-head.ts';
import { type Crowds, readCrowds } from './crowd.ts';
import { readDecisions, readSecondReviews } from './decisions-on-case.ts';
import { egoCase } from './ego-case.ts';
import { likenessesOf, readSharedNetworks } from './likeness.ts';
import { partyFactsOf } from './party-facts.ts';
import { type PartyRows, readParties } from './party.ts';
import { readEvidence } from './signals-on-case.ts';
import { readMovements } from './timeline.ts';

/**
 * The facts of these items, in their order and each once; of unknown ones none. As many statements for a thousand items as for one;
 * `db` is to see one state of the database through all of them. `now` is for a second review that depends on the time.
 */
export async function readCaseFacts(
  db: Queryable,
  itemIds: readonly string[],
  now: Date | null = null,
): Promise<CaseFacts[]> {
  const found = new Map((await readCaseHeads(db, itemIds)).map((head) => [head.item_id, head]));
  const heads = [...new Set(itemIds)].flatMap((id) => found.get(id) ?? []);
  if (heads.length === 0) return [];
  const referrals = distinct(heads.map((head) => head.relationship_id));

  const party = await readParties(db, distinct(heads.flatMap((head) => [head.referrer_id, head.referee_id])));
  const bonuses = await readBonuses(db, referrals);
  const movements = await readMovements(db, referrals);
  const secondReviews = await readSecondReviews(db, [...found.keys()], now);
  const decisions = await readDecisions(db, referrals, secondReviews);
  const evidence = await readEvidence(db, referrals);
  const network = await readSharedNetworks(db, heads);

  const cases = heads.map((head) => ({ head, referrer: party(head.referrer_id), referee: party(head.referee_id) }));
  const sightings = cases.flatMap(({ referrer, referee }) => [...referrer.sightings, ...referee.sightings]);
  const crowds = await readCrowds(
    db,
    distinct(sightings.flatMap((seen) => seen.device_hash ?? [])),
    distinct(sightings.map((seen) => seen.ip_hash)),
  );
  const graphs = await readEgoGraphs(
    db,
    cases.map(({ head, referrer, referee }) => egoCase(head, [referrer, referee], crowds)),
  );

  return cases.map(({ head, referrer, referee }, index) => ({
    facts: FACTS_VERSION,
    head,
    referrer: partyFactsOf(referrer, head.registered_at),
    referee: partyFactsOf(referee, head.registered_at),
    likenesses: likenessesOf(referrer, referee, network(head)),
    crowds: sharedCrowds(referrer, referee, crowds),
    evidence: [...(evidence.get(head.relationship_id) ?? [])],
    bonuses: [...(bonuses.get(head.relationship_id) ?? [])],
    movements: [...(movements.get(head.relationship_id) ?? [])],
    decisions: [...(decisions.get(head.relationship_id) ?? [])],
    graph: packGraph(graphs[index] ?? { nodes: [], edges: [], omitted: 0 }),
    secondReview: secondReviews.get(head.item_id) ?? 'none',
  }));
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

/** Accounts at each address that both used. */
function sharedCrowds(referrer: PartyRows, referee: PartyRows, { addresses }: Crowds): number[] {
  const ofReferrer = new Set(referrer.sightings.map((seen) => seen.ip_hash));
  const shared = distinct(referee.sightings.map((seen) => seen.ip_hash)).filter((hash) => ofReferrer.has(hash));
  return shared.map((hash) => addresses.get(hash) ?? 0);
}
