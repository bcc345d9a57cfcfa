import { z } from 'zod';
import type { FiredSignal } from '../contract/case.ts';
import { signalLabel } from '../domain/signals.ts';
import type { Words } from '../engine/signal.ts';
import { type Queryable, rows } from '../postgres/rows.ts';
import { byReferral } from './by-referral.ts';
import { describeSignal, storedEvidence, type StoredEvidence } from './sentences.ts';
import { byPoints } from './signal-names.ts';
import type { SignalRecord } from './signal-record.ts';

/** What fired on these referrals and from what, by their id. */
export async function readEvidence(
  db: Queryable,
  relationshipIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredEvidence[]>> {
  const evidence = await rows(
    db,
    storedEvidence.extend({ relationship_id: z.string() }),
    `SELECT relationship_id, signal, points, evidence FROM umpire.evidence
     WHERE relationship_id = ANY ($1) ORDER BY relationship_id, signal`,
    [relationshipIds],
  );
  return byReferral(evidence);
}

/** The signals of a referral, most points first, each in words and with its record so far. */
export function firedSignalsOf(
  evidence: readonly StoredEvidence[],
  records: ReadonlyMap<string, SignalRecord>,
  words: Words,
): FiredSignal[] {
  const order = byPoints(
    evidence.map(({ signal }) => signal),
    Object.fromEntries(evidence.map(({ signal, points }) => [signal, points])),
  );
  return order.flatMap((name) => {
    const fired = evidence.find(({ signal }) => signal === name);
    return fired === undefined
      ? []
      : [
          {
            name,
            label: signalLabel(name),
            points: fired.points,
            sentence: describeSignal(fired, words) ?? signalLabel(name),
            evidence: fired.evidence,
            record: records.get(name) ?? { decided: 0, rejected: 0 },
          },
        ];
  });
}
