import { z } from 'zod';
import type { CaseBonus, TimelineEntry } from '../contract/case.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';
import { byReferral } from './by-referral.ts';
import type { CaseHead } from './case-head.ts';
import { decisionEntries, type DecisionFacts } from './decisions-on-case.ts';
import type { PartyFacts } from './party-facts.ts';

export const movement = z.object({
  at: dbInstant,
  transition: z.enum(['held', 'paid', 'rejected', 'reversed', 'blocked']),
  credits: z.number().int(),
});
type Movement = z.infer<typeof movement>;

/** What happened to the money of these referrals, by their id, oldest first. */
export async function readMovements(
  db: Queryable,
  relationshipIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Movement[]>> {
  const movements = await rows(
    db,
    movement.extend({ relationship_id: z.string() }),
    `SELECT relationship_id, at, transition, sum(credits)::int AS credits FROM umpire.money_log
     WHERE relationship_id = ANY ($1) GROUP BY relationship_id, at, transition ORDER BY relationship_id, at, transition`,
    [relationshipIds],
  );
  return byReferral(movements);
}

export type TimelineFacts = {
  readonly head: CaseHead;
  readonly referrer: PartyFacts;
  readonly referee: PartyFacts;
  readonly bonuses: readonly CaseBonus[];
  readonly movements: readonly Movement[];
  readonly decisions: readonly DecisionFacts[];
};

/** What happened, oldest first: facts that are recorded, none that are concluded. */
export function timelineOf(facts: TimelineFacts): TimelineEntry[] {
  const { head, referrer, referee } = facts;
  const entries: TimelineEntry[] = [
    { at: referrer.person.created_at, kind: 'account', who: 'referrer', text: 'Account created' },
    { at: referee.person.created_at, kind: 'account', who: 'referee', text: 'Account created' },
    { at: head.code_created_at, kind: 'code', who: 'referrer', text: `Code ${head.code} created` },
    ...sightingsOf('referrer', referrer),
    ...sightingsOf('referee', referee),
    ...stagesOf(head),
    ...bonusesOf(facts.bonuses),
    ...scoredOf(head),
    { at: head.created_at, kind: 'item', text: `Put in the queue with ${head.score} points` },
    ...facts.movements.filter(({ transition }) => BY_ENGINE.has(transition)).map(moneyOf),
    ...decisionEntries(facts.decisions),
    ...facts.movements.filter(({ transition }) => !BY_ENGINE.has(transition)).map(moneyOf),
  ];
  // A stable sort: what happened at one instant stays in the order above.
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function stagesOf(head: CaseHead): TimelineEntry[] {
  const through = head.source_app_id === null ? '' : ` through ${head.source_app_id}`;
  const stages: [string | null, string][] = [
    [head.registered_at, `Registered with code ${head.code}${through}`],
    // A purchase without any usage before it activates too (SPEC 2).
    [
      head.activated_at,
      head.activated_at === head.qualified_at ? 'Activated by the first purchase' : 'Activated: first usage',
    ],
    [head.qualified_at, 'Qualified: first purchase'],
    [head.retained_at, 'Retained'],
  ];
  return stages.flatMap(([at, text]) => (at === null ? [] : [{ at, kind: 'stage', who: 'referee', text }]));
}

/** The first sightings nearest to the registration. */
function sightingsOf(who: 'referrer' | 'referee', { sightings }: PartyFacts): TimelineEntry[] {
  return sightings.map((seen) => {
    const device = seen.device === null ? 'no device id' : `device ${seen.device}`;
    const type = ['residential', 'unknown'].includes(seen.type) ? '' : ` (${seen.type})`;
    const country = seen.country === null ? '' : `, ${seen.country}`;
    const text = `First seen at address ${seen.address}${type}${country} with ${device}`;
    return { at: seen.at, kind: 'sighting', who, text };
  });
}

function scoredOf({ scored_at: at, current_score: score }: CaseHead): TimelineEntry[] {
  return at === null ? [] : [{ at, kind: 'score', text: `Scored ${score}, as it stands` }];
}

/** One line for what one event earned one person. */
function bonusesOf(bonuses: readonly CaseBonus[]): TimelineEntry[] {
  return bonuses.map(({ createdAt, role, eventType, appId, credits }) => {
    const what = eventType === 'cross_app' ? `first use of ${appId ?? 'another app'}` : eventType;
    return { at: createdAt, kind: 'bonus', who: role, text: `Bonus of ${credits} credits: ${what}` };
  });
}

/** What scoring does to money; the rest follows decisions and the end of holds. */
const BY_ENGINE: ReadonlySet<Movement['transition']> = new Set(['held', 'blocked']);

const MONEY: { readonly [Transition in Movement['transition']]: (credits: number) => string } = {
  held: (credits) => `${credits} credits held`,
  paid: (credits) => `${credits} credits paid`,
  rejected: (credits) => `${credits} credits rejected`,
  reversed: (credits) => `${credits} credits taken back`,
  blocked: () => 'Blocked',
};

function moneyOf({ at, transition, credits }: Movement): TimelineEntry {
  return { at, kind: 'bonus', text: MONEY[transition](credits) };
}
