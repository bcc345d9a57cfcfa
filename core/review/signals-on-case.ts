import type { FiredSignal } from '../contract/case.ts';
import { signalLabel } from '../domain/signals.ts';
import type { Words } from '../engine/signal.ts';
import { type Queryable, rows } from '../postgres/rows.ts';
import type { SignalRecord } from './signal-record.ts';
import { byPoints } from './signal-names.ts';
import { describeSignal, storedEvidence } from './sentences.ts';

/** The signals of a referral, most points first, each in words and with its record so far. */
export async function readFiredSignals(
  db: Queryable,
  relationshipId: string,
  records: ReadonlyMap<string, SignalRecord>,
  words: Words,
): Promise<FiredSignal[]> {
  const evidence = await rows(
    db,
    storedEvidence,
    'SELECT signal, points, evidence FROM umpire.evidence WHERE relationship_id = $1',
    [relationshipId],
  );
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
