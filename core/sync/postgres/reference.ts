import { dbCount, dbInstant, type Queryable, row } from '../../postgres/rows.ts';
import { listReasons } from '../../review/settings.ts';
import { readSignalRecords } from '../../review/signal-record.ts';
import type { Reference } from '../ports.ts';
import { type ReferenceData, referenceData } from '../reference.ts';

const stored = referenceData.omit({ reasons: true, records: true, holdsEndingSoon: true }).extend({
  now: dbInstant,
  holds: dbCount,
});

/** In somebody's snapshot. */
export async function readReference(db: Queryable, clock: Date | undefined): Promise<Reference> {
  const found = await row(
    db,
    stored,
    `SELECT w.mode, jsonb_build_object('undoMinutes', s.undo_minutes, 'claimMinutes', s.claim_minutes) AS settings,
       (SELECT jsonb_build_object('version', v.version, 'points', v.points, 'thresholds', v.thresholds, 'disabled', v.disabled)
        FROM umpire.rule_sets AS v ORDER BY v.version DESC LIMIT 1) AS rules,
       o.other -> 'patterns' AS patterns, o.other -> 'statistics' AS statistics, c.now, umpire.holds_ending(c.now) AS holds
     FROM (SELECT coalesce($1::timestamptz, transaction_timestamp()) AS now) AS c
     CROSS JOIN umpire.workspace AS w CROSS JOIN umpire.review_settings AS s
     CROSS JOIN LATERAL (SELECT umpire.reference_of(c.now) AS other) AS o`,
    [clock ?? null],
  );
  if (found === null) throw new Error('This database has no settings of the review.');
  const { now: _now, holds, ...rest } = found;
  const data: ReferenceData = {
    ...rest,
    reasons: (await listReasons(db))
      .filter(({ is_active: isActive }) => isActive)
      .map(({ code, label, decision }) => ({ code, label, decision })),
    records: Object.fromEntries(await readSignalRecords(db)),
    holdsEndingSoon: holds,
  };
  return { json: JSON.stringify(data) };
}
