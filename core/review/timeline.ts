import { z } from 'zod';
import type { CaseBonus, TimelineEntry } from '../contract/case.ts';
import { dbInstant, type Queryable, rows } from '../postgres/rows.ts';
import { shortHash } from '../domain/short-hash.ts';
import type { CaseHead } from './case-head.ts';
import { decisionEntries, type StoredDecision } from './decisions-on-case.ts';
import type { PartyFacts, PartySighting } from './party.ts';

const movement = z.object({
  at: dbInstant,
  transition: z.enum(['held', 'paid', 'rejected', 'reversed', 'blocked']),
  credits: z.number().int(),
});
type Movement = z.infer<typeof movement>;

/** What happened to the money of a referral. */
export function readMovements(db: Queryable, relationshipId: string): Promise<Movement[]> {
  return rows(
    db,
    movement,
    `SELECT at, transition, sum(credits)::int AS credits FROM umpire.money_log
     WHERE relationship_id = $1 GROUP BY at, transition ORDER BY at, transition`,
    [relationshipId],
  );
}

/** First sightings shown of one person; older ones say little about a registration. */
const SIGHTINGS_SHOWN = 8;

export type TimelineFacts = {
  readonly head: CaseHead;
  readonly referrer: PartyFacts;
  readonly referee: PartyFacts;
  readonly bonuses: readonly CaseBonus[];
  readonly movements: readonly Movement[];
  readonly decisions: readonly StoredDecision[];
};

/** What happened, oldest first: facts that are recorded, none that are concluded. */
export function timelineOf(facts: TimelineFacts): TimelineEntry[] {
  const { head, referrer, referee } = facts;
  const entries: TimelineEntry[] = [
    { at: referrer.person.created_at, kind: 'account', who: 'referrer', text: 'Account created' },
    { at: referee.person.created_at, kind: 'account', who: 'referee', text: 'Account created' },
    { at: head.code_created_at, kind: 'code', who: 'referrer', text: `Code ${head.code} created` },
    ...sightingsOf('referrer', referrer, head.registered_at),
    ...sightingsOf('referee', referee, head.registered_at),
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
function sightingsOf(who: 'referrer' | 'referee', { sightings }: PartyFacts, registeredAt: string): TimelineEntry[] {
  const near = (seen: PartySighting): number => Math.abs(Date.parse(seen.seen_at) - Date.parse(registeredAt));
  return [...sightings]
    .sort((a, b) => near(a) - near(b))
    .slice(0, SIGHTINGS_SHOWN)
    .map((seen) => {
      const device = seen.device_hash === null ? 'no device id' : `device ${shortHash(seen.device_hash)}`;
      const type = ['residential', 'unknown'].includes(seen.ip_type) ? '' : ` (${seen.ip_type})`;
      const country = seen.country === null ? '' : `, ${seen.country}`;
      const text = `First seen at address ${shortHash(seen.ip_hash)}${type}${country} with ${device}`;
      return { at: seen.seen_at, kind: 'sighting', who, text };
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
