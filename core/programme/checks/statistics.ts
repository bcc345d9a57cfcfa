import type { Check } from './check.ts';

const FIGURES = 'registrations, activations, qualifications, retentions, credits_paid, credits_held, fraud_blocked';

/** What happened, as (at, app, figure, amount). */
const HAPPENED = `
  SELECT s.at, r.source_app_id AS app_id, s.figure, 1 AS amount
  FROM referrals.relationships AS r
  CROSS JOIN LATERAL (
    VALUES ('registrations', r.registered_at), ('activations', r.activated_at), ('qualifications', r.qualified_at), ('retentions', r.retained_at)
  ) AS s (figure, at)
  WHERE s.at IS NOT NULL
  UNION ALL
  SELECT m.at, m.app_id, CASE m.transition WHEN 'paid' THEN 'credits_paid' WHEN 'held' THEN 'credits_held' ELSE 'fraud_blocked' END,
    CASE m.transition WHEN 'blocked' THEN 1 ELSE m.credits END
  FROM umpire.money_log AS m WHERE m.transition IN ('paid', 'held', 'blocked')`;

const figure = (name: string): string => `coalesce(sum(h.amount) FILTER (WHERE h.figure = '${name}'), 0)`;

/** Daily statistics against what they count (SPEC 2). */
export const STATISTICS_CHECKS: readonly Check[] = [
  {
    name: 'statistics',
    modes: ['programme'],
    sql: `
      SELECT to_char(coalesce(d.date, c.date) AT TIME ZONE 'UTC', 'YYYY-MM-DD') || coalesce(' ' || coalesce(d.app_id, c.app_id), '') AS subject,
        format('says %s, but counted again it is %s', coalesce(d.figures, 'nothing'), coalesce(c.figures, 'nothing')) AS detail
      FROM (SELECT date, app_id, ROW (${FIGURES})::text AS figures FROM referrals.daily_stats) AS d
      FULL JOIN (
        SELECT date_trunc('day', h.at, 'UTC') AS date, h.app_id, ROW (${FIGURES.split(', ').map(figure).join(', ')})::text AS figures
        FROM (${HAPPENED}) AS h
        GROUP BY GROUPING SETS ((date_trunc('day', h.at, 'UTC'), h.app_id), (date_trunc('day', h.at, 'UTC')))
        HAVING (h.app_id IS NOT NULL OR GROUPING(h.app_id) = 1) AND sum(h.amount) > 0
      ) AS c ON c.date = d.date AND coalesce(c.app_id, '') = coalesce(d.app_id, '')
      -- Days that changed since are counted again by the next job.
      WHERE d.figures IS DISTINCT FROM c.figures AND NOT EXISTS (
        SELECT 1 FROM umpire.stale_days AS s WHERE s.day = (coalesce(d.date, c.date) AT TIME ZONE 'UTC')::date
      )`,
  },
];
