import type { Check } from './check.ts';

/** Bulk sessions: what is told of one is what was decided (SPEC 4). */
export const BULK_CHECKS: readonly Check[] = [
  {
    name: 'bulk_session',
    modes: ['programme', 'observe'],
    sql: `
      SELECT s.session_id::text AS subject,
        format('tells %s items, %s settled, %s undone, %s credits; its items say %s, %s, %s, %s', s.items, s.settled, s.undone, s.paid + s.rejected + s.reversed,
          k.items, k.settled, k.undone, k.credits) AS detail
      FROM umpire.bulk_sessions AS s
      CROSS JOIN LATERAL (
        SELECT count(*) AS items, count(*) FILTER (WHERE k.outcome IS NOT NULL AND k.position < s.settled) AS settled,
          count(*) FILTER (WHERE k.outcome IS NOT NULL AND k.position >= s.settled) AS early,
          count(*) FILTER (WHERE k.undo_outcome IN ('applied', 'agreed')) AS undone,
          coalesce(sum(k.paid + k.rejected + k.reversed) FILTER (WHERE NOT k.is_repeated), 0) AS credits
        FROM umpire.bulk_items AS k WHERE k.session_id = s.session_id
      ) AS k
      WHERE (s.items, s.settled, s.undone, s.paid + s.rejected + s.reversed) IS DISTINCT FROM (k.items, k.settled, k.undone, k.credits) OR k.early > 0
        OR s.state = 'done' AND s.settled < s.items`,
  },
  {
    name: 'bulk_item',
    modes: ['programme', 'observe'],
    sql: `
      SELECT k.session_id || ' ' || k.position AS subject,
        format('tells %s, but the decision is %s', k.outcome, coalesce(d.outcome ->> 'outcome', 'not there')) AS detail
      FROM umpire.bulk_items AS k LEFT JOIN umpire.decisions AS d ON d.decision_id = k.decision_id
      WHERE k.outcome IN ('applied', 'awaiting_second') AND d.outcome ->> 'outcome' IS DISTINCT FROM k.outcome
        -- What is deleted with its referral takes its decisions along.
        AND EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = k.item_id)`,
  },
];
