/**
 * What either decision would move, as three aggregates over `umpire.bonuses_seen b`: `stakeOf` in SQL, for thousands of items at a
 * time. `now` is an SQL expression.
 */
export function stakeColumns(now: string): string {
  const credits = (condition: string): string => `coalesce(sum(b.credits_final) FILTER (WHERE ${condition}), 0)`;
  return [
    `${credits(`b.status = 'held' AND (b.hold_reason LIKE 'fraud\\_%' OR b.hold_reason = 'second_review')`)} AS releases`,
    `${credits(`b.status IN ('held', 'pending')`)} AS rejects`,
    `${credits(`b.status = 'paid' AND b.released_at > ${now}::timestamptz - interval '7 days'
      AND (SELECT w.mode FROM umpire.workspace AS w) = 'programme'`)} AS takes_back`,
  ].join(', ');
}
