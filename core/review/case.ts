import type { CaseFile } from '../contract/case.ts';
import { bandOf } from '../domain/band.ts';
import { FRAUD_THRESHOLDS } from '../domain/constants.ts';
import type { Words } from '../engine/signal.ts';
import { readEgoGraph } from '../graph/ego.ts';
import type { Pool } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/rows.ts';
import { inSnapshot } from '../postgres/snapshot.ts';
import { readBonuses } from './case-bonuses.ts';
import { readCaseHead } from './case-head.ts';
import { CROWD_LIMIT, readCrowds } from './crowd.ts';
import { readClaim } from './claims.ts';
import { decisionsOf, readDecisions, readSecondReview } from './decisions-on-case.ts';
import { egoCase } from './ego-case.ts';
import { innocentFacts } from './innocent-facts.ts';
import { likenessesOf, readSharedNetwork } from './likeness.ts';
import { partyOf, readParties } from './party.ts';
import { recentSignalRecords, type SignalRecord } from './signal-record.ts';
import { readFiredSignals } from './signals-on-case.ts';
import { stakeOf } from './stake.ts';
import { readMovements, timelineOf } from './timeline.ts';
import { wordsFor } from './words.ts';

/**
 * All that one review needs, as of one state of the database; null when there is no such item. Sentences tell times in
 * `zone`, which is the reader's where it is not given.
 */
export async function readCase(
  pool: Pool,
  itemId: string,
  now: Date,
  zone = Intl.DateTimeFormat().resolvedOptions().timeZone,
): Promise<CaseFile | null> {
  const records = await recentSignalRecords(pool);
  return inSnapshot(pool, (db) => readCaseFile(db, itemId, now, { records, words: wordsFor(zone, now) }));
}

/** The same in somebody's own snapshot. */
export async function readCaseFile(
  db: Queryable,
  itemId: string,
  now: Date,
  { records, words }: { readonly records: ReadonlyMap<string, SignalRecord>; readonly words: Words },
): Promise<CaseFile | null> {
  const head = await readCaseHead(db, itemId);
  if (head === null) return null;

  const [referrer, referee] = await readParties(db, [head.referrer_id, head.referee_id] as const);
  const bonuses = await readBonuses(db, head.relationship_id, head.referee_id);
  const movements = await readMovements(db, head.relationship_id);
  const claim = await readClaim(db, itemId);
  const decisions = await readDecisions(db, head.relationship_id, now);
  const secondReview = await readSecondReview(db, head.item_id, now);
  const signals = await readFiredSignals(db, head.relationship_id, records, words);
  const network = await readSharedNetwork(db, head.referrer_id, head.referee_id);

  const sightings = [...referrer.sightings, ...referee.sightings];
  const crowds = await readCrowds(
    db,
    [...new Set(sightings.flatMap((seen) => seen.device_hash ?? []))],
    [...new Set(sightings.map((seen) => seen.ip_hash))],
  );
  const graph = await readEgoGraph(db, egoCase(head, [referrer, referee], crowds));
  const likenesses = likenessesOf(referrer, referee, network);

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
    signals,
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
    stake: stakeOf(bonuses, now),
    bonuses,
    timeline: timelineOf({ head, referrer, referee, bonuses, movements, decisions }),
    graph,
    innocent: innocentFacts({
      referrer,
      referee,
      registeredAt: head.registered_at,
      accounts: crowds.addresses,
      atMost: CROWD_LIMIT,
      likenesses,
    }),
    claim,
    secondReview,
    decisions: decisionsOf(decisions),
  };
}
