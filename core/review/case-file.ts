import type { CaseFile } from '../contract/case.ts';
import { bandOf } from '../domain/band.ts';
import { FRAUD_THRESHOLDS } from '../domain/constants.ts';
import { unpackGraph } from '../graph/packed.ts';
import { bonusesOf } from './case-bonuses.ts';
import type { CaseFacts } from './case-facts.ts';
import { decisionsOf } from './decisions-on-case.ts';
import { innocentFacts } from './innocent-facts.ts';
import { partyOf } from './party-facts.ts';
import type { SignalRecord } from './signal-record.ts';
import { firedSignalsOf } from './signals-on-case.ts';
import { stakeOf } from './stake.ts';
import { timelineOf } from './timeline.ts';
import { wordsFor } from './words.ts';

/** Who reads a case, and when. */
export type Reader = {
  readonly now: Date;
  /** Sentences tell times in it. */
  readonly zone: string;
  readonly records: ReadonlyMap<string, SignalRecord>;
  /** Who works on it at that time. */
  readonly claim: CaseFile['claim'];
};

/** A case as its reader sees it: what it says of time and money is of `now`. */
export function caseFileOf(facts: CaseFacts, { now, zone, records, claim }: Reader): CaseFile {
  const { head, referrer, referee, likenesses, movements, decisions } = facts;
  const bonuses = bonusesOf(facts.bonuses, head.referee_id);
  return {
    itemId: head.item_id,
    relationshipId: head.relationship_id,
    version: head.version,
    status: head.status,
    priority: head.priority,
    band: bandOf(head.score, head.thresholds ?? FRAUD_THRESHOLDS),
    score: head.score,
    flagged: head.flagged,
    ruleSetVersion: head.rule_set_version ?? 1,
    scoredAt: head.scored_at ?? head.created_at,
    createdAt: head.created_at,
    dueAt: head.due_at,
    notes: head.notes,
    assignedTo: head.assigned_to,
    previousItemId: head.previous_item_id,
    signals: firedSignalsOf(facts.evidence, records, wordsFor(zone, now)),
    stage: head.stage,
    registeredAt: head.registered_at,
    activatedAt: head.activated_at,
    qualifiedAt: head.qualified_at,
    retainedAt: head.retained_at,
    sourceAppId: head.source_app_id,
    code: { code: head.code, type: head.code_type, createdAt: head.code_created_at, uses: head.code_uses },
    referrer: partyOf(referrer),
    referee: partyOf(referee),
    likenesses,
    stake: stakeOf(bonuses, head.mode, now),
    bonuses,
    timeline: timelineOf({ head, referrer, referee, bonuses, movements, decisions }),
    graph: unpackGraph(facts.graph),
    innocent: innocentFacts({ ...facts, registeredAt: head.registered_at }),
    claim,
    secondReview: facts.secondReview,
    decisions: decisionsOf(decisions, now),
  };
}
